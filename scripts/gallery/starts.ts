// How work starts, for the gallery: the form, the command's answers, the Home tab, the first message of a thread.
import { homeView } from '../../blocks/home.ts';
import { askedMessage } from '../../blocks/messages/asked.ts';
import {
  configMessage,
  helpMessage,
  sessionsMessage,
  stoppingMessage,
  whichToStop,
  whoamiMessage,
} from '../../blocks/messages/command.ts';
import { filesLeft } from '../../blocks/messages/ephemeral.ts';
import { planMessage } from '../../blocks/messages/plan.ts';
import type { ListedSession } from '../../blocks/messages/sessions.ts';
import { statusMessage } from '../../blocks/messages/status.ts';
import { planChangeModal } from '../../blocks/modals/plan-change.ts';
import { rerouteModal } from '../../blocks/modals/reroute.ts';
import { noteModal, startModal } from '../../blocks/modals/start.ts';
import type { SessionStatus } from '../../core/session-status.ts';
import { entries, type GalleryEntry, view } from './entries.ts';
import { after, mara, running } from './turns.ts';

const repos = [
  { name: 'bakery-shop', description: 'The web shop: cart, checkout, accounts' },
  { name: 'bakery-api', description: 'Orders and stock, over HTTP' },
];

const wishes: readonly (readonly [SessionStatus, string])[] = [
  ['asks', 'Fix the total on the cart page, it forgets the quantity'],
  ['to_review', 'Dark mode for the account pages'],
  ['failed', 'Update the payment library to its next major version'],
  ['working', 'Make the order list faster'],
  ['queued', 'And sort it by date'],
  ['answered', 'Where do we round prices?'],
  ['merged', 'Show the opening hours in the footer'],
];

function sessions(): ListedSession[] {
  return wishes.map(([status, title], index) => ({
    sessionId: `session-${index}`,
    teamId: 'T0BRIGHT01',
    channelId: 'C0SHOP0001',
    threadTs: `1795000000.00000${index}`,
    repo: index % 2 === 0 ? 'bakery-shop' : 'bakery-api',
    title,
    status,
    turnId: `turn-${index}`,
    at: after(index * 7),
    url: `https://brightloaf.example/archives/C0SHOP0001/p179500000000000${index}`,
  }));
}

const own = { defaults: { repo: 'bakery-api', model: null }, models: ['gpt-5-codex', 'gpt-5-mini'] };

const PLAN = {
  turnId: 'turn-1',
  place: 0,
  text: '1. Count each price with its quantity in `src/cart.js:12`\n2. A test for two of the same item\n3. `npm test`, then look at the cart page\n\nUnsure: should a sold out item count?',
};

export function starts(): GalleryEntry[] {
  const all = sessions();
  const working = all.filter(({ status }) => status === 'working' || status === 'queued');
  const form = {
    repos: repos.map(({ name }) => name),
    repo: 'bakery-shop',
    metadata: '{}',
    note: 'The answer comes in the thread of the message.',
  };
  const actor = { id: mara.id, name: mara.name, email: mara.email, isMember: true };
  return [
    view(
      'Modal: hand a message over',
      'modal',
      startModal({ ...form, request: wishes[0]?.[1] ?? '', asksChannel: false }),
    ),
    view('Modal: start work', 'modal', startModal({ ...form, repo: null, request: '', asksChannel: true })),
    view(
      'Modal: nothing to hand over',
      'modal',
      noteModal('Hand to Threadsmith', 'This message is mine. Reply in its thread instead.'),
    ),
    ...entries(
      'Status: where it is worked on, with Change',
      statusMessage(
        running({
          repoWhy: 'by its description',
          base: 'release/2',
          options: ['plan first', '3 attempts', 'model gpt-5-mini'],
          changeable: true,
        }),
        { now: after(1), stoppable: true },
      ),
    ),
    ...entries('Plan: waits for Go', planMessage({ ...PLAN, decision: null, waits: true })),
    ...entries(
      'Plan: agreed to',
      planMessage({ ...PLAN, decision: { how: 'go', by: mara.id, text: '' }, waits: false }),
    ),
    ...entries(
      'Plan: made anew',
      planMessage({
        ...PLAN,
        decision: { how: 'change', by: mara.id, text: 'leave the database as it is' },
        waits: false,
      }),
    ),
    ...entries('Plan: nobody decided', planMessage({ ...PLAN, decision: null, waits: false })),
    view('Modal: change the plan', 'modal', planChangeModal({ turnId: 'turn-1', place: 0 })),
    ...entries(
      'Files that did not come along',
      filesLeft(['huge.bin was left out: it has 21 MB, and 20 MB is the most.']),
    ),
    view(
      'Modal: another repo or branch',
      'modal',
      rerouteModal({
        turnId: 'turn-1',
        repos: repos.map(({ name }) => name),
        repo: 'bakery-api',
        branch: 'release/2',
        stage: 'begun',
      }),
    ),
    view('Home', 'home', homeView({ sessions: all, repos, ...own, mayStart: true, whoMay: '' })),
    view('Home: nothing yet', 'home', homeView({ sessions: [], repos, ...own, mayStart: true, whoMay: '' })),
    view(
      'Home: may not start',
      'home',
      homeView({ sessions: [], repos, ...own, mayStart: false, whoMay: 'Mara Lind' }),
    ),
    ...entries('Thread begun by a form', askedMessage({ by: mara, text: 'Fix the total on the cart page' })),
    ...entries('Command: help', helpMessage('@threadsmith')),
    ...entries('Command: list', sessionsMessage(all)),
    ...entries('Command: list, empty', sessionsMessage([])),
    ...entries('Command: which to stop', whichToStop(working)),
    ...working.slice(0, 1).flatMap((session) => entries('Command: stopping', stoppingMessage(session))),
    ...entries(
      'Command: config',
      configMessage({
        repos,
        here: 'bakery-shop',
        models: own.models,
        may: [{ act: 'merge', who: 'Mara Lind, jon@example.com' }],
      }),
    ),
    ...entries('Command: whoami', whoamiMessage(actor, ['start', 'approve'])),
  ];
}

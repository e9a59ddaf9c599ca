// Makes the app's Home tab: a person's sessions, the ones that wait for them first, their defaults and the repos.
import type { HomeView, KnownBlock } from '@slack/types';
import { type SessionStatus, waitsForPeople } from '../core/session-status.ts';
import { fitBlock } from './fit/fit-block.ts';
import { type ListedSession, sessionLine } from './messages/sessions.ts';
import { ACTION } from './parts/actions.ts';
import { actions, button, compact, context, header } from './parts/message.ts';
import { menu, option } from './parts/modal.ts';
import { code, list, paragraph, richText, section, words } from './parts/rich.ts';
import { VIEW_BLOCKS_MAX } from './rules/limits.ts';
import { count, oneLine } from './rules/text.ts';

export interface HomeOptions {
  /** The sessions that wait for people first; the newest first within a state. */
  readonly sessions: readonly ListedSession[];
  readonly repos: readonly { readonly name: string; readonly description: string }[];
  readonly defaults: { readonly repo: string | null; readonly model: string | null };
  /** Models that a request may name. */
  readonly models: readonly string[];
  /** Whether the person may start work. */
  readonly mayStart: boolean;
  /** The people who may start work, in words; shown to a person who may not. */
  readonly whoMay: string;
}

const REPOS_MAX = 30;
const LISTED_MAX = 12;

/** The value of a button whose value is not read: Slack requires one. */
const ANY = 'home';

export function homeView(options: HomeOptions): HomeView {
  const { sessions } = options;
  const of = (wanted: (status: SessionStatus) => boolean) =>
    sessions.filter(({ status }) => wanted(status)).slice(0, LISTED_MAX);
  const isOpen = (status: SessionStatus) => status === 'working' || status === 'queued';
  const waiting = of(waitsForPeople);
  const open = of(isOpen);
  const over = of((status) => !waitsForPeople(status) && !isOpen(status));
  const blocks = compact(
    options.mayStart
      ? actions(button({ actionId: ACTION.startWork, value: ANY, text: 'Start work', style: 'primary' }))
      : context(`You may not start work here. These people may: ${options.whoMay}.`),
    header(waiting.length > 0 ? `Waiting for you (${waiting.length})` : 'Nothing waits for you'),
    waiting.flatMap(withOpen),
    open.length > 0 ? header('At work') : null,
    open.flatMap(withStop),
    over.length > 0 ? header('Earlier') : null,
    lines(over),
    options.mayStart && (options.repos.length > 1 || options.models.length > 1)
      ? [
          header('Your defaults'),
          ...compact(context('For requests whose words, thread and channel do not say.')),
          defaults(options),
        ]
      : null,
    header('Repos'),
    repos(options),
    context('Mention me in a channel, reply in a thread, or put 🧵 on a message.'),
  );
  return { type: 'home', blocks: blocks.flatMap(fitBlock).slice(0, VIEW_BLOCKS_MAX) };
}

function lines(sessions: readonly ListedSession[]): KnownBlock[] {
  return sessions.length === 0
    ? []
    : [richText(list(sessions.map((session) => section(sessionLine(session)))))];
}

function withOpen(session: ListedSession): KnownBlock[] {
  const value = session.turnId;
  const open = { ...button({ actionId: ACTION.openThread, value, text: 'Open thread' }), url: session.url };
  const more =
    session.status === 'to_review'
      ? button({ actionId: ACTION.viewDiff, value, text: 'View diff' })
      : session.status === 'failed'
        ? button({ actionId: ACTION.tryAgain, value, text: 'Try again' })
        : null;
  return [paragraph(sessionLine(session)), { ...actions(open, more), block_id: `open-${session.sessionId}` }];
}

/** The value of the option that chooses no default. */
const NONE = '-';

function defaults({ repos: all, models, defaults: own }: HomeOptions): KnownBlock {
  const choose = (actionId: string, none: string, names: readonly string[], chosen: string | null) => {
    const options = [option(none, NONE), ...names.map((name) => option(name, name))];
    const known = chosen !== null && names.includes(chosen) ? chosen : NONE;
    return names.length < 2
      ? []
      : [{ ...menu(options, { placeholder: none, chosen: known }), action_id: actionId }];
  };
  const names = all.map(({ name }) => name);
  return {
    type: 'actions',
    block_id: 'defaults',
    elements: [
      ...choose(ACTION.ownRepo, 'Ask me for the repo', names, own.repo),
      ...choose(ACTION.ownModel, 'The usual model', models, own.model),
    ],
  };
}

function withStop(session: ListedSession): KnownBlock[] {
  const stop = button({ actionId: ACTION.stop, value: session.turnId, text: 'Stop' });
  return [paragraph(sessionLine(session)), { ...actions(stop), block_id: `stop-${session.sessionId}` }];
}

function repos({ repos: all }: HomeOptions): KnownBlock[] {
  const more = all.length - REPOS_MAX;
  const items = all
    .slice(0, REPOS_MAX)
    .map(({ name, description }) =>
      section(code(name, 60), words(description === '' ? '' : ` ${oneLine(description, 200)}`)),
    );
  return compact(richText(list(items)), more > 0 ? context(`and ${count(more, 'more repo')}`) : null);
}

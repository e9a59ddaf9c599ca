// The app's Home tab: a person's sessions by state, what waits for them first, the repos, and a way to start.
import type { HomeView, KnownBlock } from '@slack/types';
import { type Standing, waitsForPeople } from '../core/standing.ts';
import { ACTION } from './actions.ts';
import { fitBlock } from './fit-block.ts';
import { header } from './header.ts';
import { VIEW_BLOCKS_MAX } from './limits.ts';
import { actions, button, context, present } from './message.ts';
import { code, list, paragraph, richText, section, words } from './rich.ts';
import { type ListedSession, sessionLine } from './sessions.ts';
import { count, oneLine } from './text.ts';

export interface HomeOptions {
  /** What waits for people first, the newest first within a state. */
  readonly sessions: readonly ListedSession[];
  readonly repos: readonly { readonly name: string; readonly description: string }[];
  /** Whether the person may start work. */
  readonly mayStart: boolean;
  /** Who may, where the person may not. */
  readonly whoMay: string;
}

const REPOS_MAX = 30;
const LISTED_MAX = 12;

/** Some value that nobody reads: Slack wants one. */
const ANY = 'home';

export function homeView(options: HomeOptions): HomeView {
  const { sessions } = options;
  const of = (wanted: (standing: Standing) => boolean) =>
    sessions.filter(({ standing }) => wanted(standing)).slice(0, LISTED_MAX);
  const isOpen = (standing: Standing) => standing === 'working' || standing === 'queued';
  const waiting = of(waitsForPeople);
  const open = of(isOpen);
  const over = of((standing) => !waitsForPeople(standing) && !isOpen(standing));
  const blocks = present(
    options.mayStart
      ? actions(button({ actionId: ACTION.startWork, value: ANY, text: 'Start work', style: 'primary' }))
      : context(`You may not start work here. These people may: ${options.whoMay}.`),
    header(waiting.length > 0 ? `Waiting for you (${waiting.length})` : 'Nothing waits for you'),
    lines(waiting),
    open.length > 0 ? header('At work') : null,
    open.flatMap(withStop),
    over.length > 0 ? header('Earlier') : null,
    lines(over),
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
  return present(richText(list(items)), more > 0 ? context(`and ${count(more, 'more repo')}`) : null);
}

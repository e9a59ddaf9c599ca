// The app's Home tab: a person's sessions by state, what waits for them first, the repos, and a way to start.
import type { HomeView, KnownBlock, PlainTextOption, StaticSelect } from '@slack/types';
import { type SessionStatus, waitsForPeople } from '../core/session-status.ts';
import { fitBlock } from './fit/fit-block.ts';
import { type ListedSession, sessionLine } from './messages/sessions.ts';
import { ACTION } from './parts/actions.ts';
import { header } from './parts/header.ts';
import { actions, button, context, plain, present } from './parts/message.ts';
import { code, list, paragraph, richText, section, words } from './parts/rich.ts';
import { OPTION_TEXT_MAX, PLACEHOLDER_MAX, SELECT_OPTIONS_MAX, VIEW_BLOCKS_MAX } from './rules/limits.ts';
import { count, oneLine } from './rules/text.ts';

export interface HomeOptions {
  /** What waits for people first, the newest first within a state. */
  readonly sessions: readonly ListedSession[];
  readonly repos: readonly { readonly name: string; readonly description: string }[];
  readonly defaults: { readonly repo: string | null; readonly model: string | null };
  /** Models that a request may ask for. */
  readonly models: readonly string[];
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
  const of = (wanted: (status: SessionStatus) => boolean) =>
    sessions.filter(({ status }) => wanted(status)).slice(0, LISTED_MAX);
  const isOpen = (status: SessionStatus) => status === 'working' || status === 'queued';
  const waiting = of(waitsForPeople);
  const open = of(isOpen);
  const over = of((status) => !waitsForPeople(status) && !isOpen(status));
  const blocks = present(
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
          ...present(context('For requests whose words, thread and channel do not say.')),
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
      ? [button({ actionId: ACTION.viewDiff, value, text: 'View diff' })]
      : session.status === 'failed'
        ? [button({ actionId: ACTION.tryAgain, value, text: 'Try again' })]
        : [];
  return [
    paragraph(sessionLine(session)),
    { ...actions(open, ...more), block_id: `open-${session.sessionId}` },
  ];
}

/** What is chosen where nothing is; its value is the name of nothing. */
const NONE = '-';

function defaults({ repos: all, models, defaults: own }: HomeOptions): KnownBlock {
  const menu = (
    actionId: string,
    none: string,
    names: readonly string[],
    chosen: string | null,
  ): StaticSelect => {
    const options = [
      option(none, NONE),
      ...names.slice(0, SELECT_OPTIONS_MAX - 1).map((name) => option(name, name)),
    ];
    const initial = options.find(({ value }) => value === chosen) ?? options[0];
    return {
      type: 'static_select',
      action_id: actionId,
      placeholder: plain(none, PLACEHOLDER_MAX),
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    };
  };
  return {
    type: 'actions',
    block_id: 'defaults',
    elements: [
      ...(all.length < 2
        ? []
        : [
            menu(
              ACTION.ownRepo,
              'Ask me for the repo',
              all.map(({ name }) => name),
              own.repo,
            ),
          ]),
      ...(models.length < 2 ? [] : [menu(ACTION.ownModel, 'The usual model', models, own.model)]),
    ],
  };
}

function option(text: string, value: string): PlainTextOption {
  return { text: plain(oneLine(text, OPTION_TEXT_MAX), OPTION_TEXT_MAX), value };
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

// The names by which clicks and submitted modals come back, and the opaque values they carry.

/** `action_id` of each button. All carry the turn's id as their value, but for the two that pick one of many. */
export const ACTION = {
  approve: 'threadsmith.approve',
  mergeUnverified: 'threadsmith.merge_unverified',
  /** Below a merge that did not happen; their value is the turn that was to merge. */
  updateBranch: 'threadsmith.update_branch',
  showChanged: 'threadsmith.show_changed',
  requestChanges: 'threadsmith.request_changes',
  viewDiff: 'threadsmith.view_diff',
  discard: 'threadsmith.discard',
  undoDiscard: 'threadsmith.undo_discard',
  revert: 'threadsmith.revert',
  tryAgain: 'threadsmith.try_again',
  /** Of a result: the same request in other ways, side by side. */
  tryWays: 'threadsmith.try_ways',
  /** Of a turn that used up its budget. */
  goOn: 'threadsmith.go_on',
  stop: 'threadsmith.stop',
  /** Of the first request of a thread: another repo or branch. */
  reroute: 'threadsmith.reroute',
  /** Below a plan that waits. */
  planGo: 'threadsmith.plan.go',
  planChange: 'threadsmith.plan.change',
  /** Of a turn that waits behind another: its text steers the one at work, or it is taken back. */
  sendNow: 'threadsmith.send_now',
  remove: 'threadsmith.remove',
  /** Below an alert that was looked into. */
  alertFix: 'threadsmith.alert.fix',
  alertNotThis: 'threadsmith.alert.not_this',
  alertMute: 'threadsmith.alert.mute',
  /** On the Home tab. */
  startWork: 'threadsmith.start_work',
  ownRepo: 'threadsmith.own.repo',
  ownModel: 'threadsmith.own.model',
  openThread: 'threadsmith.open_thread',
  /** Buttons in the diff modal; the page to go to is the value. */
  diffPrevious: 'threadsmith.diff.previous',
  diffNext: 'threadsmith.diff.next',
  diffFile: 'threadsmith.diff.file',
  /** A menu instead of buttons where there are many repos. */
  repoMenu: 'threadsmith.repo.menu',
} as const;

/** Buttons of which one message holds several: each has its place at the end of its `action_id`. */
export const REPO_BUTTON = /^threadsmith\.repo\.\d+$/;
export const OPTION_BUTTON = /^threadsmith\.option\.\d+$/;
export const ATTEMPT_BUTTON = /^threadsmith\.attempt\.\d+$/;

export function repoButton(place: number): string {
  return `threadsmith.repo.${place}`;
}

export function optionButton(place: number): string {
  return `threadsmith.option.${place}`;
}

export function attemptButton(place: number): string {
  return `threadsmith.attempt.${place}`;
}

/**
 * `callback_id` of each modal. Their `private_metadata` is the turn's id; that of the diff a `DiffPlace`, that of a
 * plan's change a `Choice`.
 */
export const MODAL = {
  requestChanges: 'threadsmith.modal.request_changes',
  reroute: 'threadsmith.modal.reroute',
  planChange: 'threadsmith.modal.plan_change',
  viewDiff: 'threadsmith.modal.view_diff',
  mergeUnverified: 'threadsmith.modal.merge_unverified',
  start: 'threadsmith.modal.start',
  note: 'threadsmith.modal.note',
} as const;

/** The slash command, the shortcuts and the reaction by which people reach the app; manifest.json names them too. */
export const COMMAND = '/threadsmith';
export const SHORTCUT = { handOver: 'threadsmith.hand_over', start: 'threadsmith.start' } as const;
export const REACTION = 'thread';

/** The inputs of the start modal in `view.state.values`. */
export const START_INPUT = {
  request: { blockId: 'request', actionId: 'text' },
  repo: { blockId: 'repo', actionId: 'name' },
  channel: { blockId: 'channel', actionId: 'id' },
  attempts: { blockId: 'attempts', actionId: 'count' },
  manner: { blockId: 'manner', actionId: 'name' },
} as const;

/** Where the text of the plan-change modal is found. */
export const PLAN_INPUT = { blockId: 'plan', actionId: 'text' } as const;

/** The inputs of the modal that changes repo and branch. */
export const REROUTE_INPUT = {
  repo: { blockId: 'repo', actionId: 'name' },
  branch: { blockId: 'branch', actionId: 'name' },
} as const;

/** Where the text of the request-changes modal is found in `view.state.values`. */
export const CHANGES_INPUT = { blockId: 'changes', actionId: 'text' } as const;

/** One of several things to choose from: the turn, and the place of the thing in the list that was offered. */
export interface Choice {
  readonly turnId: string;
  readonly place: number;
}

export function choiceValue(choice: Choice): string {
  return `${choice.turnId}#${choice.place}`;
}

/** Null for a value that is none of ours. */
export function parseChoice(value: string): Choice | null {
  const match = /^([\w-]{1,100})#(\d{1,4})$/.exec(value);
  return match?.[1] && match[2] ? { turnId: match[1], place: Number(match[2]) } : null;
}

/** One of the options of a question. */
export interface OptionChoice extends Choice {
  /** The event that asked: a turn may ask several times. Null for a button of before it was named. */
  readonly questionId: number | null;
}

export function optionValue({ turnId, questionId, place }: OptionChoice): string {
  return questionId === null ? choiceValue({ turnId, place }) : `${turnId}#${questionId}#${place}`;
}

/** Null for a value that is none of ours. */
export function parseOption(value: string): OptionChoice | null {
  const match = /^([\w-]{1,100})(?:#(\d{1,15}))?#(\d{1,4})$/.exec(value);
  if (!match?.[1] || !match[3]) return null;
  return {
    turnId: match[1],
    questionId: match[2] === undefined ? null : Number(match[2]),
    place: Number(match[3]),
  };
}

/** The turn of a button's or a modal's value, which may name one of several things of it as well. */
export function turnOf(value: string): string {
  return parseChoice(value)?.turnId ?? value;
}

/** What the diff modal keeps in its `private_metadata`. */
export interface DiffPlace {
  readonly turnId: string;
  /** From 0. */
  readonly page: number;
}

export function diffPlace(place: DiffPlace): string {
  return `${place.turnId}#${place.page}`;
}

/** Null for metadata that is none of ours. */
export function parseDiffPlace(metadata: string): DiffPlace | null {
  const choice = parseChoice(metadata);
  return choice && { turnId: choice.turnId, page: choice.place };
}

/** An entry of the diff's file menu: the file's place in the menu and the page that it begins on. */
export function diffFileValue(file: number, page: number): string {
  return `${file}:${page}`;
}

/** The page that a button or an entry of the menu leads to; null for a value that is none of ours. */
export function parseDiffPage(value: string): number | null {
  const match = /^(?:\d{1,4}:)?(\d{1,4})$/.exec(value);
  return match?.[1] ? Number(match[1]) : null;
}

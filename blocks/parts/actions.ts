// Names of buttons, modals and inputs, by which clicks and submissions come back, and the values that they carry.

/** The `action_id` of each button. Its value is the turn's id unless a comment says otherwise. */
export const ACTION = {
  approve: 'threadsmith.approve',
  mergeUnverified: 'threadsmith.merge_unverified',
  /** Buttons of a refused merge; their value is the merge turn. */
  updateBranch: 'threadsmith.update_branch',
  showChanged: 'threadsmith.show_changed',
  requestChanges: 'threadsmith.request_changes',
  viewDiff: 'threadsmith.view_diff',
  discard: 'threadsmith.discard',
  undoDiscard: 'threadsmith.undo_discard',
  revert: 'threadsmith.revert',
  tryAgain: 'threadsmith.try_again',
  /** Button of a result: starts attempts at the same request. */
  tryWays: 'threadsmith.try_ways',
  /** Button of a turn that used up its budget. */
  goOn: 'threadsmith.go_on',
  stop: 'threadsmith.stop',
  /** Button of the first request of a thread: another repo or branch. */
  reroute: 'threadsmith.reroute',
  /** Buttons of a plan that waits; their value is a `Choice`. */
  planGo: 'threadsmith.plan.go',
  planChange: 'threadsmith.plan.change',
  /** Buttons of a turn that waits for another: its text steers the turn at work, or the turn is removed. */
  sendNow: 'threadsmith.send_now',
  remove: 'threadsmith.remove',
  /** Buttons of an investigated alert. */
  alertFix: 'threadsmith.alert.fix',
  alertNotThis: 'threadsmith.alert.not_this',
  alertMute: 'threadsmith.alert.mute',
  /** Buttons and menus of the Home tab. */
  startWork: 'threadsmith.start_work',
  ownRepo: 'threadsmith.own.repo',
  ownModel: 'threadsmith.own.model',
  openThread: 'threadsmith.open_thread',
  /** Buttons and the menu of the diff modal; their value leads to a page. */
  diffPrevious: 'threadsmith.diff.previous',
  diffNext: 'threadsmith.diff.next',
  diffFile: 'threadsmith.diff.file',
  /** The menu of repos, in place of buttons where there are many; its value is a `Choice`. */
  repoMenu: 'threadsmith.repo.menu',
} as const;

/** Buttons of which a message has several: the `action_id` of each ends with its place. */
export const REPO_BUTTON = /^threadsmith\.repo\.\d+$/;
export const OPTION_BUTTON = /^threadsmith\.option\.\d+$/;
export const ATTEMPT_BUTTON = /^threadsmith\.attempt\.\d+$/;

export function numberedButton(kind: 'repo' | 'option' | 'attempt', place: number): string {
  return `threadsmith.${kind}.${place}`;
}

/**
 * The `callback_id` of each modal. The metadata of a modal is the turn's id, but of
 * the diff (its page) and of a change of a plan a `Choice`.
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

/** The slash command, the shortcuts and the reaction of the app; manifest.json has the same names. */
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

/** The input of the modal that changes a plan. */
export const PLAN_INPUT = { blockId: 'plan', actionId: 'text' } as const;

/** The inputs of the modal that changes repo and branch. */
export const REROUTE_INPUT = {
  repo: { blockId: 'repo', actionId: 'name' },
  branch: { blockId: 'branch', actionId: 'name' },
} as const;

/** The input of the modal that requests changes. */
export const CHANGES_INPUT = { blockId: 'changes', actionId: 'text' } as const;

/** A choice from a list that a turn offers, by its place in the list. */
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

/** A choice from the options of a question. */
export interface OptionChoice extends Choice {
  /** The id of the event that asked; null for a button from before the id was part of the value. */
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

/** The turn's id in a value that is the id, or a `Choice`. */
export function turnOf(value: string): string {
  return parseChoice(value)?.turnId ?? value;
}

/** The value of an entry in the menu of files: the file's place in the menu, and the page that it begins on. */
export function diffFileValue(file: number, page: number): string {
  return `${file}:${page}`;
}

/** The page that a button or an entry of the menu leads to; null for a value that is not ours. */
export function parseDiffPage(value: string): number | null {
  const match = /^(?:\d{1,4}:)?(\d{1,4})$/.exec(value);
  return match?.[1] ? Number(match[1]) : null;
}

// Modals and Home tabs: what an app may send, and the stack of modals each person has open.

import { checkBlocks } from '../blocks/check.ts';
import { plainText } from '../blocks/composition.ts';
import { type Check, flag, object, oneOf, type Rule, string } from '../blocks/rules.ts';
import { makeId, randomHex } from '../records/ids.ts';
import type { Dict, View } from '../records/records.ts';
import { isDict, textOf } from '../wire/args.ts';
import { refuseWithMessages, SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';

export const MAX_STACKED_MODALS = 3;
const MAX_VIEW_BYTES = 250_000;

const ids = {
  private_metadata: string({ max: 3000 }),
  callback_id: string({ max: 255 }),
  external_id: string({ max: 255 }),
  blocks: ((value, at, check) => {
    if (!Array.isArray(value)) check.problems.push(`[ERROR] must be an array [json-pointer:${at}]`);
  }) satisfies Rule,
};
const shortText = plainText({ max: 24 });
const modalShape = object({
  required: { title: shortText, blocks: ids.blocks },
  optional: {
    ...ids,
    submit: shortText,
    close: shortText,
    clear_on_close: flag,
    notify_on_close: flag,
    submit_disabled: flag,
  },
});
const homeShape = object({
  required: { blocks: ids.blocks },
  optional: { ...ids, title: shortText, submit: shortText, close: shortText },
});
const viewType = oneOf('modal', 'home');

/** What Slack refuses in a view besides its blocks, in Slack's words. */
export function findViewProblems(draft: Readonly<Dict>, type: 'modal' | 'home'): string[] {
  const check: Check = { surface: type, problems: [], fileProblem: () => undefined };
  viewType(draft['type'], '/view/type', check);
  (type === 'modal' ? modalShape : homeShape)(draft, '/view', check);
  if (draft['type'] !== type) check.problems.push(`[ERROR] must be ${type} [json-pointer:/view/type]`);
  const hasInput = blocksOf(draft).some((block) => isDict(block) && block['type'] === 'input');
  if (type === 'modal' && hasInput && draft['submit'] === undefined)
    check.problems.push('[ERROR] missing required field: submit [json-pointer:/view]');
  return check.problems;
}

function blocksOf(draft: Readonly<Dict>): unknown[] {
  return Array.isArray(draft['blocks']) ? draft['blocks'] : [];
}

/** Checks a view as Slack does and makes it a record without a place in any stack yet. */
export function makeView(ws: Workspace, draft: Dict | undefined, type: 'modal' | 'home'): View {
  if (draft === undefined) throw new SlackRefusal('invalid_arguments');
  const problems = findViewProblems(draft, type);
  if (problems.length > 0) throw refuseWithMessages('invalid_arguments', problems);
  if (JSON.stringify(draft).length > MAX_VIEW_BYTES) throw new SlackRefusal('view_too_large');
  const blocks = checkViewBlocks(ws, blocksOf(draft), type);
  const id = makeId('V');
  return {
    id,
    team_id: ws.state.team.id,
    app_id: ws.state.app.app_id,
    bot_id: ws.state.app.bot_id,
    app_installed_team_id: ws.state.team.id,
    type,
    blocks,
    private_metadata: textOf(draft, 'private_metadata') ?? '',
    callback_id: textOf(draft, 'callback_id') ?? '',
    external_id: textOf(draft, 'external_id') ?? '',
    title: isDict(draft['title']) ? draft['title'] : null,
    submit: isDict(draft['submit']) ? draft['submit'] : null,
    close: isDict(draft['close']) ? draft['close'] : null,
    clear_on_close: draft['clear_on_close'] === true,
    notify_on_close: draft['notify_on_close'] === true,
    submit_disabled: draft['submit_disabled'] === true,
    hash: newHash(),
    state: { values: {} },
    root_view_id: id,
    previous_view_id: null,
  };
}

/** Views answer invalid_arguments where messages answer invalid_blocks. */
function checkViewBlocks(ws: Workspace, blocks: unknown[], type: 'modal' | 'home'): Dict[] {
  try {
    return checkBlocks(ws, blocks, type, '/view/blocks');
  } catch (error) {
    if (!(error instanceof SlackRefusal) || error.slackError !== 'invalid_blocks') throw error;
    throw new SlackRefusal('invalid_arguments', error.detail);
  }
}

function newHash(): string {
  return `${Math.floor(Date.now() / 1000)}.${randomHex(4)}`;
}

export function modalsOf(ws: Workspace, user: string): View[] {
  const stack = ws.state.modals[user];
  if (stack !== undefined) return stack;
  const fresh: View[] = [];
  ws.state.modals[user] = fresh;
  return fresh;
}

/** Opens a view on top of what the person has open (`views.push`) or alone (`views.open`). */
export function showModal(ws: Workspace, user: string, view: View, how: 'open' | 'push'): View {
  const stack = modalsOf(ws, user);
  if (how === 'open') stack.length = 0;
  if (stack.length >= MAX_STACKED_MODALS) throw new SlackRefusal('push_limit_reached');
  const below = stack[stack.length - 1];
  if (below !== undefined) {
    view.root_view_id = below.root_view_id;
    view.previous_view_id = below.id;
  }
  refuseUsedExternalId(ws, view);
  stack.push(view);
  tellPages(ws, user, view);
  return view;
}

/** Replaces the content of an open modal; the id stays, the hash changes. */
export function replaceModal(ws: Workspace, user: string, old: View, next: View): View {
  const { id, root_view_id, previous_view_id, state } = old;
  // Slack keeps what was typed into inputs whose block_id and action_id are still there.
  const kept = Object.entries(state.values).filter(([blockId]) =>
    next.blocks.some((block) => block['block_id'] === blockId),
  );
  Object.assign(old, next, {
    id,
    root_view_id,
    previous_view_id,
    state: { values: Object.fromEntries(kept) },
  });
  tellPages(ws, user, old);
  return old;
}

/** Takes modals off the person's stack: the top one, or all. */
export function closeModals(ws: Workspace, user: string, which: 'top' | 'all'): void {
  const stack = modalsOf(ws, user);
  const closed = which === 'all' ? stack.splice(0) : stack.splice(-1);
  ws.changed();
  for (const view of closed) ws.services.hub.publish({ type: 'view_closed', user, view_id: view.id });
}

/** An open modal by id or external id, with whose it is. */
export function findModal(
  ws: Workspace,
  match: (view: View) => boolean,
): { user: string; view: View } | undefined {
  for (const [user, stack] of Object.entries(ws.state.modals)) {
    const view = stack.find(match);
    if (view !== undefined) return { user, view };
  }
  return undefined;
}

function refuseUsedExternalId(ws: Workspace, view: View): void {
  if (
    view.external_id !== '' &&
    findModal(ws, (other) => other.external_id === view.external_id) !== undefined
  ) {
    throw new SlackRefusal('duplicate_external_id');
  }
}

function tellPages(ws: Workspace, user: string, view: View): void {
  ws.changed();
  ws.services.hub.publish({ type: 'view', user, view });
}

/** A view as it goes to the app: with null where Slack has null. */
export function renderView(view: View): Dict {
  return { ...view };
}

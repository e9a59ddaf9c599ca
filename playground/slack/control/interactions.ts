// Control routes for clicks, modals, shortcuts, commands and the Home tab.
import { z } from 'zod';
import type { Receipt } from '../delivery/transport.ts';
import { findPlaced, isEmptyChoice, readChoice, stateOf } from '../interactivity/choices.ts';
import {
  type Click,
  click,
  closePayload,
  commandPayload,
  messageShortcutPayload,
  type Place,
  shortcutPayload,
  submitPayload,
  suggestOptions,
} from '../interactivity/interactions.ts';
import { closeModals, makeView, modalsOf, replaceModal, showModal } from '../interactivity/views.ts';
import { sessionKey } from '../methods/assistant.ts';
import { directMessageWith } from '../methods/conversations.ts';
import { stopStreamsByUser } from '../methods/streams.ts';
import type { Channel, Dict, User, View } from '../records/records.ts';
import { respond } from '../routes/respond.ts';
import { isDict, textOf } from '../wire/args.ts';
import { postMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { ControlRefusal, channelOf, messageSeenBy, personNamed, type Route } from './route.ts';

const target = z.looseObject({
  user: z.string(),
  channel: z.string().optional(),
  ts: z.string().optional(),
  view_id: z.string().optional(),
  action_id: z.string(),
  block_id: z.string().optional(),
  value: z.unknown().optional(),
  seen: z.array(z.record(z.string(), z.unknown())).optional(),
});
const values = z.record(z.string(), z.record(z.string(), z.unknown()));
const submission = z.object({ user: z.string(), view_id: z.string(), values: values.default({}) });
const closing = z.object({ user: z.string(), view_id: z.string() });
const shortcut = z.object({
  user: z.string(),
  callback_id: z.string(),
  channel: z.string().optional(),
  ts: z.string().optional(),
});
const command = z.object({
  user: z.string(),
  channel: z.string(),
  command: z.string().startsWith('/'),
  text: z.string().default(''),
});
const home = z.object({ user: z.string(), tab: z.enum(['home', 'messages']).default('home') });
const stopOrder = z.object({ user: z.string(), channel: z.string(), thread_ts: z.string() });

export const interactionRoutes: Record<string, Route> = {
  'POST /actions': async (ws, input) => {
    const outcome = await click(ws, readClick(ws, input));
    return outcome.ok ? ackReport(outcome.receipt) : refuse(outcome.error);
  },
  'POST /options': async (ws, input) => {
    const outcome = await suggestOptions(ws, readClick(ws, input));
    return outcome.ok ? ackReport(outcome.receipt) : refuse(outcome.error);
  },
  'POST /views/submit': submitView,
  'POST /views/close': closeView,
  'POST /shortcuts': useShortcut,
  'POST /commands': runCommand,
  'POST /home': openHome,
  'POST /agents/stop': stopAgent,
};

function refuse(error: string): never {
  throw new ControlRefusal(error);
}

function ackReport(receipt: Receipt): Dict {
  if (receipt.outcome === 'acked') {
    return { ok: true, acked: true, ack_ms: Math.round(receipt.ackMs), ack_payload: receipt.payload };
  }
  const reason = receipt.outcome === 'failed' ? receipt.reason : 'not_connected';
  return { ok: true, acked: false, ack_ms: null, reason };
}

function readClick(ws: Workspace, input: Dict): Click {
  const order = target.parse(input);
  const user = personNamed(ws, order.user);
  // Either a bare value, or Slack's own fields such as selected_option and selected_users.
  const { user: _u, channel: _c, ts: _t, view_id: _v, action_id, block_id, seen, ...given } = order;
  const choice = Object.keys(given).every((field) => field === 'value') ? given.value : given;
  return { user, place: placeOf(ws, user, order), actionId: action_id, blockId: block_id, seen, choice };
}

function placeOf(ws: Workspace, user: User, order: z.infer<typeof target>): Place {
  if (order.view_id !== undefined) return { kind: 'view', view: viewOf(ws, user, order.view_id, true) };
  if (order.channel === undefined || order.ts === undefined)
    throw new ControlRefusal('give channel and ts, or view_id');
  const channel = channelOf(ws, user, order.channel);
  return { kind: 'message', channel, message: messageSeenBy(ws, user, channel, order.ts) };
}

/** An open modal of the person, or (where allowed) their Home tab. */
function viewOf(ws: Workspace, user: User, viewId: string, orHome = false): View {
  const tab = ws.state.home[user.id];
  if (orHome && tab?.id === viewId) return tab;
  const view = modalsOf(ws, user.id).find((candidate) => candidate.id === viewId);
  if (view === undefined) throw new ControlRefusal('view_not_found');
  return view;
}

async function submitView(ws: Workspace, input: Dict): Promise<Dict> {
  const order = submission.parse(input);
  const user = personNamed(ws, order.user);
  const view = viewOf(ws, user, order.view_id);
  const stack = modalsOf(ws, user.id);
  if (stack[stack.length - 1] !== view) throw new ControlRefusal('view_is_not_on_top');
  const filled = fillIn(view, order.values);
  if (Object.keys(filled).length > 0)
    return { ok: false, error: 'invalid_input', response_action: 'errors', errors: filled };
  const receipt = await ws.services.outbound.request('interactive', submitPayload(ws, user, view));
  if (receipt.outcome !== 'acked')
    return { ok: false, error: 'not_acked', ...ackReport(receipt), acked: false };
  return applySubmission(ws, user, view, isDict(receipt.payload) ? receipt.payload : {});
}

/** Puts the given values into the view's state; answers what the client itself would complain about. */
function fillIn(view: View, given: z.infer<typeof values>): Record<string, string> {
  const errors: Record<string, string> = {};
  const chosen = { ...view.state.values };
  for (const [blockId, actions] of Object.entries(given)) {
    for (const [actionId, value] of Object.entries(actions)) {
      const placed = findPlaced(view.blocks, actionId, blockId);
      if (placed === undefined) throw new ControlRefusal(`no input ${blockId}/${actionId} in this view`);
      const choice = readChoice(placed.element, value);
      if (choice.ok) chosen[blockId] = { ...chosen[blockId], [actionId]: choice.value };
      else errors[blockId] = choice.problem;
    }
  }
  view.state = { values: stateOf(view.blocks, chosen) };
  for (const block of view.blocks) {
    const problem = inputProblem(block, view.state.values);
    const blockId = textOf(block, 'block_id');
    if (problem !== undefined && blockId !== undefined) errors[blockId] ??= problem;
  }
  return errors;
}

function inputProblem(block: Dict, state: View['state']['values']): string | undefined {
  const element = block['element'];
  if (block['type'] !== 'input' || !isDict(element)) return undefined;
  const value = state[textOf(block, 'block_id') ?? '']?.[textOf(element, 'action_id') ?? ''];
  if (isEmptyChoice(value))
    return block['optional'] === true ? undefined : 'Please complete this required field.';
  const text = textOf(value, 'value');
  if (text === undefined) return undefined;
  const { min_length: min, max_length: max } = element;
  if (typeof min === 'number' && text.length < min) return `Please use at least ${min} characters.`;
  if (typeof max === 'number' && text.length > max) return `Please use at most ${max} characters.`;
  return undefined;
}

function applySubmission(ws: Workspace, user: User, view: View, ack: Dict): Dict {
  const action = textOf(ack, 'response_action');
  const next = isDict(ack['view']) ? ack['view'] : undefined;
  switch (action) {
    case 'errors':
      return { ok: false, response_action: 'errors', errors: ack['errors'] };
    case 'update':
      replaceModal(ws, user.id, view, makeView(ws, next, 'modal'));
      return { ok: true, response_action: 'update' };
    case 'push':
      showModal(ws, user.id, makeView(ws, next, 'modal'), 'push');
      return { ok: true, response_action: 'push' };
    case 'clear':
      closeModals(ws, user.id, 'all');
      return { ok: true, response_action: 'clear' };
    default:
      closeModals(ws, user.id, 'top');
      return { ok: true };
  }
}

async function closeView(ws: Workspace, input: Dict): Promise<Dict> {
  const order = closing.parse(input);
  const user = personNamed(ws, order.user);
  const view = viewOf(ws, user, order.view_id);
  closeModals(ws, user.id, view.clear_on_close ? 'all' : 'top');
  if (!view.notify_on_close) return { ok: true };
  const payload = closePayload(ws, user, view, view.clear_on_close);
  return ackReport(await ws.services.outbound.request('interactive', payload));
}

async function useShortcut(ws: Workspace, input: Dict): Promise<Dict> {
  const order = shortcut.parse(input);
  const offered = ws.state.app.shortcuts;
  if (offered?.every(({ callback_id }) => callback_id !== order.callback_id) === true) {
    throw new ControlRefusal('unknown_shortcut');
  }
  const user = personNamed(ws, order.user);
  let payload = shortcutPayload(ws, user, order.callback_id);
  if (order.channel !== undefined && order.ts !== undefined) {
    const channel = channelOf(ws, user, order.channel);
    const message = messageSeenBy(ws, user, channel, order.ts);
    payload = messageShortcutPayload(ws, user, order.callback_id, channel, message);
  }
  return ackReport(await ws.services.outbound.request('interactive', payload));
}

async function runCommand(ws: Workspace, input: Dict): Promise<Dict> {
  const order = command.parse(input);
  if (ws.state.app.commands?.includes(order.command) === false) throw new ControlRefusal('unknown_command');
  const user = personNamed(ws, order.user);
  const channel = channelOf(ws, user, order.channel);
  const payload = commandPayload(ws, user, channel, order.command, order.text);
  const receipt = await ws.services.outbound.request('slash_commands', payload);
  if (receipt.outcome !== 'acked') commandFailed(ws, user, channel, order.command);
  else if (
    isDict(receipt.payload) &&
    (textOf(receipt.payload, 'text') || receipt.payload['blocks'] !== undefined)
  ) {
    respond(ws, { channel: channel.id, user: user.id }, receipt.payload);
  }
  return ackReport(receipt);
}

function commandFailed(ws: Workspace, user: User, channel: Channel, name: string): void {
  postMessage(ws, channel, {
    user: 'USLACKBOT',
    text: `${name} failed because the app did not respond. Try the command again.`,
    ephemeral_to: user.id,
  });
}

function openHome(ws: Workspace, input: Dict): Dict {
  const order = home.parse(input);
  const user = personNamed(ws, order.user);
  const view = ws.state.home[user.id];
  const event_id = ws.services.outbound.sendEvent({
    type: 'app_home_opened',
    user: user.id,
    channel: directMessageWith(ws, user.id).id,
    tab: order.tab,
    ...(view === undefined ? {} : { view }),
    event_ts: ws.services.timestamps.next(),
  });
  return { ok: true, event_id };
}

/** The native Stop button of an agent's thread. */
function stopAgent(ws: Workspace, input: Dict): Dict {
  const order = stopOrder.parse(input);
  const user = personNamed(ws, order.user);
  const channel = channelOf(ws, user, order.channel);
  if (ws.state.sessions[sessionKey(channel, { ts: order.thread_ts })]?.status !== 'processing') {
    throw new ControlRefusal('session_is_not_processing');
  }
  const event_id = ws.services.outbound.sendEvent({
    type: 'agent_session_stopped',
    channel: channel.id,
    user: user.id,
    thread_ts: order.thread_ts,
    streaming_message_ts: stopStreamsByUser(ws, channel, order.thread_ts),
    event_ts: ws.services.timestamps.next(),
  });
  return { ok: true, event_id };
}

// What the app is sent when a person clicks, submits, closes, uses a shortcut or a command.

import type { Receipt } from '../delivery/transport.ts';
import type { Channel, Dict, Message, User, View } from '../records/records.ts';
import { isDict, textOf } from '../wire/args.ts';
import { renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Choice, findPlaced, type Placed, readChoice, stateOf } from './choices.ts';
import { renderView } from './views.ts';

/** Where an element was clicked. */
export type Place = { kind: 'message'; channel: Channel; message: Message } | { kind: 'view'; view: View };

export interface Click {
  user: User;
  place: Place;
  actionId: string;
  blockId: string | undefined;
  /** The blocks on the person's screen: the app may have changed the message since, and the click counts all the same. */
  seen?: readonly Dict[] | undefined;
  /** Bare value or Slack's fields (selected_option …). */
  choice: unknown;
}

export type ClickOutcome = { ok: true; receipt: Receipt } | { ok: false; error: string };

/** Presses, picks or types in one element and waits for the app's ack. */
export async function click(
  ws: Workspace,
  { user, place, actionId, blockId, seen, choice }: Click,
): Promise<ClickOutcome> {
  const blocks = place.kind === 'view' ? place.view.blocks : allBlocks(place.message);
  const placed = findPlaced(seen, actionId, blockId) ?? findPlaced(blocks, actionId, blockId);
  if (placed === undefined) return { ok: false, error: 'no_such_element' };
  if (!mayUse(placed.element, user)) return { ok: false, error: 'not_visible_to_user' };
  const action = actionOf(ws, placed, choice);
  if (!action.ok) return { ok: false, error: action.problem };
  remember(ws, user, place, placed, choice);
  const viewId = place.kind === 'view' ? place.view.id : undefined;
  const payload: Dict = {
    type: 'block_actions',
    ...common(ws, user),
    trigger_id: ws.services.triggers.issue(user.id, viewId),
    ...placeFields(ws, user, place),
    actions: [action.value],
  };
  return { ok: true, receipt: await ws.services.outbound.request('interactive', payload) };
}

/** Asks the app for the options of an external select. */
export async function suggestOptions(
  ws: Workspace,
  { user, place, actionId, blockId, choice }: Click,
): Promise<ClickOutcome> {
  const blocks = place.kind === 'view' ? place.view.blocks : allBlocks(place.message);
  const placed = findPlaced(blocks, actionId, blockId);
  if (placed === undefined) return { ok: false, error: 'no_such_element' };
  const { response_url: _none, ...fields } = placeFields(ws, user, place);
  const payload: Dict = {
    type: 'block_suggestion',
    ...common(ws, user),
    ...fields,
    action_id: actionId,
    block_id: placed.blockId,
    value: typeof choice === 'string' ? choice : '',
  };
  return { ok: true, receipt: await ws.services.outbound.request('options', payload) };
}

export function submitPayload(ws: Workspace, user: User, view: View): Dict {
  return {
    type: 'view_submission',
    ...common(ws, user),
    trigger_id: ws.services.triggers.issue(user.id, view.id),
    view: renderView(view),
    response_urls: responseUrlsOf(ws, user, view),
  };
}

export function closePayload(ws: Workspace, user: User, view: View, isCleared: boolean): Dict {
  return { type: 'view_closed', ...common(ws, user), view: renderView(view), is_cleared: isCleared };
}

export function shortcutPayload(ws: Workspace, user: User, callbackId: string): Dict {
  return {
    type: 'shortcut',
    ...common(ws, user),
    callback_id: callbackId,
    trigger_id: ws.services.triggers.issue(user.id),
    action_ts: ws.services.timestamps.next(),
  };
}

export function messageShortcutPayload(
  ws: Workspace,
  user: User,
  callbackId: string,
  channel: Channel,
  message: Message,
): Dict {
  return {
    ...shortcutPayload(ws, user, callbackId),
    type: 'message_action',
    message_ts: message.ts,
    message: renderMessage(ws, channel.id, message),
    channel: channelName(channel),
    response_url: responseUrl(ws, channel, user, message),
  };
}

export function commandPayload(
  ws: Workspace,
  user: User,
  channel: Channel,
  command: string,
  text: string,
): Dict {
  const { team, app } = ws.state;
  return {
    token: app.verification_token,
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channel.id,
    channel_name: channelName(channel).name,
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: app.app_id,
    is_enterprise_install: 'false',
    response_url:
      ws.baseUrl + ws.services.responseUrls.issue(team.id, { channel: channel.id, user: user.id }),
    trigger_id: ws.services.triggers.issue(user.id),
  };
}

function common(ws: Workspace, user: User): Dict {
  const { team, app } = ws.state;
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: user.team_id },
    api_app_id: app.app_id,
    token: app.verification_token,
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

function placeFields(ws: Workspace, user: User, place: Place): Dict {
  if (place.kind === 'view') {
    place.view.state = { values: stateOf(place.view.blocks, place.view.state.values) };
    return { container: { type: 'view', view_id: place.view.id }, view: renderView(place.view) };
  }
  const { channel, message } = place;
  const ephemeral = message.ephemeral_to !== undefined;
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: ephemeral,
      ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    },
    channel: channelName(channel),
    // Slack leaves the message out of payloads from ephemeral ones.
    ...(ephemeral ? {} : { message: renderMessage(ws, channel.id, message) }),
    state: { values: stateOf(allBlocks(message), message.chosen?.[user.id] ?? {}) },
    response_url: responseUrl(ws, channel, user, message),
  };
}

function channelName(channel: Channel): { id: string; name: string } {
  if (channel.is_im === true) return { id: channel.id, name: 'directmessage' };
  return { id: channel.id, name: channel.is_private === true ? 'privategroup' : channel.name };
}

function responseUrl(ws: Workspace, channel: Channel, user: User, message: Message): string {
  const target = { channel: channel.id, user: user.id, messageTs: message.ts, threadTs: message.thread_ts };
  return ws.baseUrl + ws.services.responseUrls.issue(ws.state.team.id, target);
}

function responseUrlsOf(ws: Workspace, user: User, view: View): Dict[] {
  const urls: Dict[] = [];
  for (const [blockId, actions] of Object.entries(view.state.values)) {
    for (const [actionId, value] of Object.entries(actions)) {
      const element = findPlaced(view.blocks, actionId, blockId)?.element;
      const channel = textOf(value, 'selected_conversation') ?? textOf(value, 'selected_channel');
      if (element?.['response_url_enabled'] !== true || channel === undefined) continue;
      const path = ws.services.responseUrls.issue(ws.state.team.id, { channel, user: user.id });
      urls.push({
        block_id: blockId,
        action_id: actionId,
        channel_id: channel,
        response_url: ws.baseUrl + path,
      });
    }
  }
  return urls;
}

/** The blocks of a message and of its attachments. */
function allBlocks(message: Message): Dict[] {
  const attached = (message.attachments ?? []).flatMap((attachment) =>
    Array.isArray(attachment['blocks']) ? attachment['blocks'].filter(isDict) : [],
  );
  return [...(message.blocks ?? []), ...attached];
}

function mayUse(element: Dict, user: User): boolean {
  const visibleTo = element['visible_to_user_ids'];
  return !Array.isArray(visibleTo) || visibleTo.includes(user.id);
}

function actionOf(ws: Workspace, { blockId, element }: Placed, choice: unknown): Choice {
  const base: Dict = { type: element['type'], action_id: element['action_id'], block_id: blockId };
  const action_ts = ws.services.timestamps.next();
  switch (element['type']) {
    case 'button':
    case 'icon_button':
    case 'workflow_button': {
      const shown = pick(element, ['text', 'value', 'style', 'url', 'confirm', 'icon']);
      return { ok: true, value: { ...base, ...shown, action_ts } };
    }
    case 'feedback_buttons': {
      const wanted = isDict(choice) ? choice['value'] : choice;
      const buttons = [element['positive_button'], element['negative_button']].filter(isDict);
      const button = buttons.find((candidate) => candidate['value'] === wanted);
      if (button === undefined) return { ok: false, problem: 'no_such_option' };
      return { ok: true, value: { ...base, ...pick(button, ['text', 'value']), action_ts } };
    }
    default: {
      const chosen = readChoice(element, choice);
      if (!chosen.ok) return chosen;
      return {
        ok: true,
        value: { ...base, ...pick(element, ['placeholder', 'confirm']), ...chosen.value, action_ts },
      };
    }
  }
}

function pick(from: Dict, fields: string[]): Dict {
  return Object.fromEntries(
    fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]),
  );
}

function remember(
  ws: Workspace,
  user: User,
  place: Place,
  { blockId, element }: Placed,
  choice: unknown,
): void {
  const chosen = readChoice(element, choice);
  const actionId = textOf(element, 'action_id');
  if (!chosen.ok || actionId === undefined || chosen.value['type'] === undefined) return;
  if (place.kind === 'view') {
    const { values } = place.view.state;
    values[blockId] = { ...values[blockId], [actionId]: chosen.value };
  } else {
    const { message } = place;
    const own = message.chosen?.[user.id] ?? {};
    message.chosen = {
      ...message.chosen,
      [user.id]: { ...own, [blockId]: { ...own[blockId], [actionId]: chosen.value } },
    };
  }
  ws.changed();
}

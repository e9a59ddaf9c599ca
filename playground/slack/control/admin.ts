// Control routes for the app's registration, faults, raw events, people and channels.
import { z } from 'zod';
import { addMember } from '../methods/conversations.ts';
import { makeId, randomHex } from '../records/ids.ts';
import { applyManifest, manifestSchema } from '../records/manifest.ts';
import type { Channel, Dict, User } from '../records/records.ts';
import { faultOrder } from '../wire/faults.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { isConnected } from './reading.ts';
import { ControlRefusal, channelNamed, personNamed, type Route } from './route.ts';

const registration = z.object({
  request_url: z.url().nullable().optional(),
  interactivity_url: z.url().nullable().optional(),
  delivery: z.enum(['socket', 'http']).optional(),
  events: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  manifest: manifestSchema.optional(),
});
const rawEvent = z.object({ event: z.looseObject({ type: z.string() }), event_id: z.string().optional() });
const hangUp = z.object({
  reason: z
    .enum(['warning', 'refresh_requested', 'link_disabled', 'too_many_websockets', 'abrupt'])
    .default('refresh_requested'),
});
const newUser = z.object({
  name: z.string().regex(/^[a-z0-9._-]+$/),
  real_name: z.string(),
  email: z.string().optional(),
  team_id: z.string().optional(),
  is_restricted: z.boolean().optional(),
});
const newChannel = z.object({
  name: z.string().regex(/^[a-z0-9_-]{1,80}$/),
  topic: z.string().default(''),
  is_private: z.boolean().default(false),
  members: z.array(z.string()).default([]),
});
const channelUpdate = z.object({
  channel: z.string(),
  is_archived: z.boolean().optional(),
  add: z.array(z.string()).default([]),
  remove: z.array(z.string()).default([]),
});

export const adminRoutes: Record<string, Route> = {
  'GET /app': (ws) => appReport(ws),
  'PUT /app': register,
  'GET /faults': (ws) => ({ faults: ws.services.faults.list() }),
  'GET /faults/struck': (ws) => ({ struck: ws.services.faults.struck() }),
  'POST /faults': (ws, input) => ({ ok: true, fault: ws.services.faults.add(faultOrder.parse(input)) }),
  'DELETE /faults': (ws) => {
    ws.services.faults.clear();
    return { ok: true };
  },
  'POST /limits': (ws, input) => {
    ws.services.limits.enabled = z.object({ enabled: z.boolean() }).parse(input).enabled;
    ws.services.limits.clear();
    return { ok: true };
  },
  'POST /events': (ws, input) => {
    const { event, event_id } = rawEvent.parse(input);
    const full = { event_ts: ws.services.timestamps.next(), ...event };
    return { ok: true, event_id: ws.services.outbound.sendRawEvent(full, event_id) };
  },
  'POST /socket/disconnect': (ws, input) => ({
    ok: true,
    connections: ws.services.sockets.disconnect(hangUp.parse(input).reason),
  }),
  'POST /socket/enable': (ws) => {
    ws.services.sockets.enable();
    return { ok: true };
  },
  'POST /ssl-check': async (ws) => {
    const url = ws.state.app.interactivity_url ?? ws.state.app.request_url;
    if (url === null) throw new ControlRefusal('no_request_url');
    return { ok: true, status: await ws.services.http.sslCheck(url) };
  },
  'POST /oauth': (ws) => {
    const code = randomHex(16);
    ws.oauthCodes.add(code);
    const { client_id, client_secret } = ws.state.app;
    return { ok: true, code, client_id, client_secret };
  },
  'POST /users': addUser,
  'POST /channels': addChannel,
  'POST /channels/update': updateChannel,
  'POST /reset': reset,
};

function appReport(ws: Workspace): Dict {
  const { app, team } = ws.state;
  return {
    app_id: app.app_id,
    team_id: team.id,
    bot_id: app.bot_id,
    bot_user_id: app.bot_user_id,
    bot_token: app.bot_token,
    app_token: app.app_token,
    signing_secret: app.signing_secret,
    api_url: `${ws.baseUrl}/api/`,
    request_url: app.request_url,
    interactivity_url: app.interactivity_url,
    delivery: app.delivery,
    events: app.events,
    scopes: app.scopes,
    commands: app.commands ?? [],
    shortcuts: app.shortcuts ?? [],
  };
}

async function register(ws: Workspace, input: Dict): Promise<Dict> {
  const order = registration.parse(input);
  const { app } = ws.state;
  if (order.request_url !== undefined && order.request_url !== null) {
    const { ok, detail } = await ws.services.http.verify(order.request_url);
    if (!ok) throw new ControlRefusal(`url_verification_failed: ${detail}`);
  }
  if (order.request_url !== undefined) {
    app.request_url = order.request_url;
    app.interactivity_url = order.request_url;
    app.delivery = order.request_url === null ? 'socket' : 'http';
  }
  if (order.interactivity_url !== undefined) app.interactivity_url = order.interactivity_url;
  if (order.delivery !== undefined) app.delivery = order.delivery;
  if (app.delivery === 'http' && app.request_url === null)
    throw new ControlRefusal('delivery http needs a request_url');
  if (order.manifest !== undefined) applyManifest(app, order.manifest);
  if (order.events !== undefined) app.events = order.events;
  if (order.scopes !== undefined) app.scopes = order.scopes;
  ws.changed();
  const connected = isConnected(ws);
  ws.services.hub.publish({ type: 'connection', connected });
  if (connected) ws.services.outbound.connected();
  return appReport(ws);
}

function addUser(ws: Workspace, input: Dict): Dict {
  const order = newUser.parse(input);
  if (ws.state.users.some((user) => user.name === order.name)) throw new ControlRefusal('name_taken');
  const user: User = {
    id: makeId('U'),
    team_id: order.team_id ?? ws.state.team.id,
    name: order.name,
    real_name: order.real_name,
    email: order.email,
    avatar_color: '#41637d',
    is_bot: false,
    is_restricted: order.is_restricted,
  };
  ws.state.users.push(user);
  ws.changed();
  return { ok: true, user };
}

function addChannel(ws: Workspace, input: Dict): Dict {
  const order = newChannel.parse(input);
  if (ws.state.channels.some((channel) => channel.name === order.name))
    throw new ControlRefusal('name_taken');
  const members = order.members.map((wanted) => personNamed(ws, wanted).id);
  const channel: Channel = {
    id: makeId('C'),
    name: order.name,
    topic: order.topic,
    created: Math.floor(Date.now() / 1000),
    creator: members[0] ?? ws.state.app.bot_user_id,
    members,
    ...(order.is_private ? { is_private: true } : {}),
  };
  ws.state.channels.push(channel);
  ws.changed();
  ws.services.hub.publish({ type: 'channel', channel: channel.id });
  return { ok: true, channel };
}

function updateChannel(ws: Workspace, input: Dict): Dict {
  const order = channelUpdate.parse(input);
  const channel = channelNamed(ws, order.channel);
  if (order.is_archived !== undefined) channel.is_archived = order.is_archived;
  const leaving = order.remove.map((wanted) => personNamed(ws, wanted).id);
  channel.members = channel.members.filter((member) => !leaving.includes(member));
  for (const wanted of order.add) {
    const { id } = personNamed(ws, wanted);
    if (!channel.members.includes(id)) addMember(ws, channel, id);
  }
  ws.changed();
  ws.services.hub.publish({ type: 'channel', channel: channel.id });
  return { ok: true, channel };
}

async function reset(ws: Workspace): Promise<Dict> {
  const { store, faults, journal, limits, outbound, hub } = ws.services;
  await store.reset();
  for (const stream of ws.streams.values()) stream.cancelDeadline();
  ws.streams.clear();
  ws.statuses.clear();
  faults.clear();
  journal.clear();
  limits.clear();
  limits.enabled = true;
  outbound.clear();
  hub.publish({ type: 'reset' });
  return { ok: true };
}

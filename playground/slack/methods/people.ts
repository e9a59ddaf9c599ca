// auth, apps, users, usergroups, bots, team, oauth: who is who.

import type { Dict } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { renderBot, renderUser } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Method, page } from './method.ts';

const USERS_READ = ['users:read'];

export const peopleMethods: Record<string, Method> = {
  'auth.test': { tier: 'generous', scopes: [], token: 'bot', run: authTest },
  'apps.connections.open': { tier: 'T3', scopes: [], token: 'app', run: openConnection },
  'users.info': { tier: 'T4', scopes: USERS_READ, token: 'bot', run: userInfo },
  'users.list': { tier: 'T2', scopes: USERS_READ, token: 'bot', run: userList },
  'users.lookupByEmail': { tier: 'T3', scopes: ['users:read.email'], token: 'bot', run: lookupByEmail },
  'usergroups.list': { tier: 'T2', scopes: ['usergroups:read'], token: 'bot', run: groupList },
  'usergroups.users.list': { tier: 'T2', scopes: ['usergroups:read'], token: 'bot', run: groupUsers },
  'bots.info': { tier: 'T3', scopes: USERS_READ, token: 'bot', run: botInfo },
  'team.info': { tier: 'T3', scopes: ['team:read'], token: 'bot', run: teamInfo },
  'oauth.v2.access': { tier: 'T4', scopes: [], token: 'none', run: oauthAccess },
};

function authTest(ws: Workspace): Dict {
  const { app, team } = ws.state;
  return {
    url: `${ws.baseUrl}/`,
    team: team.name,
    user: app.name,
    team_id: team.id,
    user_id: app.bot_user_id,
    bot_id: app.bot_id,
    is_enterprise_install: false,
  };
}

function openConnection(ws: Workspace): Dict {
  const ticket = ws.services.sockets.issueTicket();
  if (ticket === undefined) throw new SlackRefusal('socket_mode_disabled');
  const url = new URL(ws.baseUrl);
  return { url: `ws://${url.host}/link/?ticket=${ticket}&app_id=${ws.state.app.app_id}` };
}

function userInfo(ws: Workspace, args: Args): Dict {
  const user = ws.user(args.text('user'));
  if (user === undefined) throw new SlackRefusal('user_not_found');
  return { user: renderUser(ws, user) };
}

function userList(ws: Workspace, args: Args): Dict {
  const { items, cursor } = page(ws.state.users, args, 200);
  return {
    members: items.map((user) => renderUser(ws, user)),
    cache_ts: Math.floor(Date.now() / 1000),
    response_metadata: { next_cursor: cursor },
  };
}

function lookupByEmail(ws: Workspace, args: Args): Dict {
  const email = args.required('email', 'users_not_found').toLowerCase();
  const user = ws.state.users.find((candidate) => candidate.email?.toLowerCase() === email);
  if (user === undefined) throw new SlackRefusal('users_not_found');
  return { user: renderUser(ws, user) };
}

function groupList(ws: Workspace, args: Args): Dict {
  const withUsers = args.text('include_users') === 'true';
  return {
    usergroups: ws.state.user_groups.map(({ id, handle, users }) => ({
      id,
      team_id: ws.state.team.id,
      name: handle,
      handle,
      user_count: users.length,
      ...(withUsers ? { users } : {}),
    })),
  };
}

function groupUsers(ws: Workspace, args: Args): Dict {
  const group = ws.state.user_groups.find((candidate) => candidate.id === args.text('usergroup'));
  if (group === undefined) throw new SlackRefusal('no_such_subteam');
  return { users: group.users };
}

function botInfo(ws: Workspace, args: Args): Dict {
  const { app } = ws.state;
  const id = args.text('bot') ?? app.bot_id;
  const own = { id: app.bot_id, app_id: app.app_id, name: app.name, user_id: app.bot_user_id };
  const bot = id === app.bot_id ? own : ws.state.bots.find((candidate) => candidate.id === id);
  if (bot === undefined) throw new SlackRefusal('bot_not_found');
  return { bot: renderBot(ws, bot) };
}

function teamInfo(ws: Workspace): Dict {
  const { team } = ws.state;
  return {
    team: {
      ...team,
      url: `${ws.baseUrl}/`,
      email_domain: 'brightloaf.example',
      icon: { image_default: true },
    },
  };
}

function oauthAccess(ws: Workspace, args: Args): Dict {
  const { app, team } = ws.state;
  if (args.text('client_id') !== app.client_id) throw new SlackRefusal('invalid_client_id');
  if (args.text('client_secret') !== app.client_secret) throw new SlackRefusal('bad_client_secret');
  if (!ws.oauthCodes.delete(args.required('code', 'invalid_code'))) throw new SlackRefusal('invalid_code');
  return {
    app_id: app.app_id,
    authed_user: { id: 'U0MIRA0001' },
    scope: app.scopes.join(','),
    token_type: 'bot',
    access_token: app.bot_token,
    bot_user_id: app.bot_user_id,
    team: { id: team.id, name: team.name },
    enterprise: null,
    is_enterprise_install: false,
  };
}

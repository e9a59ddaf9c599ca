// The workspace a first start finds: Brightloaf, a small online bakery, its people, channels and our app.
import { makeAppToken, makeBotToken, randomHex } from './ids.ts';
import type { Channel, User, WorkspaceState } from './records.ts';

const TEAM_ID = 'T0BRIGHT01';
const APP_ID = 'A0THREAD01';
const BOT_ID = 'B0THREAD01';
const BOT_USER_ID = 'U0THREAD01';
const MIRA = 'U0MIRA0001';
const JONAS = 'U0JONAS001';
const SANA = 'U0SANA0001';
const LEE = 'U0LEE00001';
const PEOPLE = [MIRA, JONAS, SANA, LEE];

/** The events an agent app of this kind subscribes to in its manifest. */
export const DEFAULT_EVENTS = [
  'app_mention',
  'message.channels',
  'message.groups',
  'message.im',
  'reaction_added',
  'app_home_opened',
  'agent_session_stopped',
  'agent_session_title_changed',
  'app_context_changed',
  'member_joined_channel',
  'tokens_revoked',
  'app_uninstalled',
];

export const DEFAULT_SCOPES = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:join',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'links.embed:write',
  'mpim:history',
  'reactions:read',
  'reactions:write',
  'team:read',
  'usergroups:read',
  'users:read',
  'users:read.email',
];

/** A fresh workspace with tokens of its own. */
export function seedWorkspace(): WorkspaceState {
  const channels = seedChannels();
  return {
    version: 1,
    team: { id: TEAM_ID, name: 'Brightloaf', domain: 'brightloaf' },
    app: {
      app_id: APP_ID,
      bot_id: BOT_ID,
      bot_user_id: BOT_USER_ID,
      name: 'threadsmith',
      icon: '🧵',
      bot_token: makeBotToken(),
      app_token: makeAppToken(APP_ID),
      signing_secret: randomHex(16),
      verification_token: `playground${randomHex(7)}`,
      client_id: '0000000000.0000000000',
      client_secret: randomHex(16),
      request_url: null,
      interactivity_url: null,
      delivery: 'socket',
      events: [...DEFAULT_EVENTS],
      scopes: [...DEFAULT_SCOPES],
    },
    users: seedUsers(),
    bots: [],
    channels,
    messages: Object.fromEntries(channels.map((channel) => [channel.id, []])),
    files: {},
    modals: {},
    home: {},
    sessions: {},
    user_groups: [{ id: 'S0ENGINEER', handle: 'engineers', users: [MIRA, JONAS] }],
  };
}

function seedUsers(): User[] {
  const person = (id: string, name: string, realName: string, title: string, color: string): User => ({
    id,
    team_id: TEAM_ID,
    name,
    real_name: realName,
    email: `${name.replace('guest-', '')}@brightloaf.example`,
    title,
    avatar_color: color,
    is_bot: false,
  });
  return [
    person(MIRA, 'mira', 'Mira Okafor', 'Product engineer', '#2f6f6d'),
    person(JONAS, 'jonas', 'Jonas Weber', 'Backend', '#7a4b9a'),
    person(SANA, 'sana', 'Sana Qureshi', 'Designer', '#c2572b'),
    { ...person(LEE, 'guest-lee', 'Lee', 'Guest', '#5b6472'), is_restricted: true },
    {
      id: BOT_USER_ID,
      team_id: TEAM_ID,
      name: 'threadsmith',
      real_name: 'Threadsmith',
      title: 'Coding agent',
      avatar_color: '#1f2a44',
      is_bot: true,
      bot_id: BOT_ID,
    },
  ];
}

function seedChannels(): Channel[] {
  const created = Math.floor(Date.now() / 1000);
  const channel = (id: string, name: string, topic: string, members: string[]): Channel => ({
    id,
    name,
    topic,
    created,
    creator: MIRA,
    members,
  });
  const directMessage = (id: string, user: string): Channel => ({
    ...channel(id, '', '', [user, BOT_USER_ID]),
    is_im: true,
    is_private: true,
    user,
  });
  return [
    channel('C0SHOP0001', 'shop', 'The web shop: what customers see', [...PEOPLE, BOT_USER_ID]),
    channel('C0PLATFRM1', 'platform', 'Services, data, deploys', [MIRA, JONAS, BOT_USER_ID]),
    channel('C0ALERTS01', 'alerts', 'What the machines complain about', [...PEOPLE, BOT_USER_ID]),
    channel('C0RANDOM01', 'random', 'Bread puns welcome', PEOPLE),
    directMessage('D0MIRA0001', MIRA),
    directMessage('D0JONAS001', JONAS),
    directMessage('D0SANA0001', SANA),
    directMessage('D0LEE00001', LEE),
  ];
}

// How records look from outside: messages with their files and reply counts, users, channels, files.
import type { Bot, Channel, Dict, FileRecord, Message, User } from '../records/records.ts';
import type { Workspace } from './workspace.ts';

export interface RenderOptions {
  metadata?: boolean;
  /** Add is_ephemeral, for the page. */
  forPage?: boolean;
}

/** A message as Slack's API shows it. */
export function renderMessage(
  ws: Workspace,
  channelId: string,
  message: Message,
  options: RenderOptions = {},
): Dict {
  const { file_ids, ephemeral_to, chosen: _chosen, metadata, ...shown } = message;
  const rendered: Dict = { ...shown, team: message.team ?? ws.state.team.id };
  const profile = botProfile(ws, message);
  if (profile !== undefined) rendered['bot_profile'] = profile;
  if (file_ids !== undefined) {
    const files = file_ids.map((id) => ws.state.files[id]).filter((file) => file !== undefined);
    rendered['files'] = files.map((file) => renderFile(ws, file));
  }
  if (options.metadata === true && metadata !== undefined) rendered['metadata'] = metadata;
  if (options.forPage === true && ephemeral_to !== undefined) rendered['is_ephemeral'] = true;
  if (message.thread_ts === undefined || message.thread_ts === message.ts) {
    const replies = ws.repliesOf(channelId, message.ts);
    if (replies.length > 0) {
      const people = [...new Set(replies.map((reply) => reply.user ?? reply.bot_id ?? ''))].filter(Boolean);
      rendered['thread_ts'] = message.ts;
      rendered['reply_count'] = replies.length;
      rendered['reply_users'] = people;
      rendered['reply_users_count'] = people.length;
      rendered['latest_reply'] = replies[replies.length - 1]?.ts;
    }
  } else {
    rendered['parent_user_id'] = ws.message(channelId, message.thread_ts)?.user;
  }
  return rendered;
}

function botProfile(ws: Workspace, message: Message): Dict | undefined {
  if (message.bot_id === undefined || message.subtype === 'bot_message') return undefined;
  const { app, team } = ws.state;
  if (message.bot_id === app.bot_id) {
    return {
      id: app.bot_id,
      app_id: app.app_id,
      name: app.name,
      deleted: false,
      team_id: team.id,
      user_id: app.bot_user_id,
    };
  }
  const bot = ws.state.bots.find((candidate) => candidate.id === message.bot_id);
  if (bot === undefined) return undefined;
  return { id: bot.id, app_id: bot.app_id, name: bot.name, deleted: false, team_id: team.id };
}

export function renderUser(ws: Workspace, user: User): Dict {
  const parts = user.real_name.split(' ');
  const own = user.team_id === ws.state.team.id;
  return {
    id: user.id,
    team_id: user.team_id,
    name: user.name,
    deleted: user.deleted === true,
    color: user.avatar_color.slice(1),
    real_name: user.real_name,
    tz: 'Europe/Berlin',
    tz_label: 'Central European Time',
    tz_offset: 3600,
    profile: {
      title: user.title ?? '',
      real_name: user.real_name,
      real_name_normalized: user.real_name,
      display_name: user.name,
      display_name_normalized: user.name,
      first_name: parts[0] ?? '',
      last_name: parts.slice(1).join(' '),
      ...(user.email === undefined ? {} : { email: user.email }),
      ...(user.bot_id === undefined ? {} : { bot_id: user.bot_id, api_app_id: ws.state.app.app_id }),
      team: user.team_id,
    },
    is_admin: user.name === 'mira',
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.is_restricted === true,
    is_ultra_restricted: false,
    is_bot: user.is_bot,
    is_app_user: false,
    is_email_confirmed: !user.is_bot,
    ...(own ? {} : { is_stranger: true }),
    updated: 1_700_000_000,
  };
}

export function renderBot(ws: Workspace, bot: Bot): Dict {
  return {
    id: bot.id,
    app_id: bot.app_id,
    name: bot.name,
    deleted: false,
    team_id: ws.state.team.id,
    user_id: bot.user_id,
    icons: {},
  };
}

export function renderChannel(ws: Workspace, channel: Channel): Dict {
  const base = {
    id: channel.id,
    created: channel.created,
    is_archived: channel.is_archived === true,
    is_org_shared: false,
  };
  if (channel.is_im === true) {
    return { ...base, is_im: true, user: channel.user, is_user_deleted: false, priority: 0 };
  }
  const isPrivate = channel.is_private === true;
  return {
    ...base,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !isPrivate,
    is_group: isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: isPrivate,
    is_general: false,
    is_shared: false,
    is_ext_shared: false,
    is_pending_ext_shared: false,
    is_member: ws.appIsIn(channel),
    creator: channel.creator,
    context_team_id: ws.state.team.id,
    topic: { value: channel.topic, creator: channel.creator, last_set: channel.created },
    purpose: { value: '', creator: '', last_set: 0 },
    previous_names: [],
    num_members: channel.members.length,
  };
}

export function channelType(channel: Channel): 'channel' | 'group' | 'im' {
  if (channel.is_im === true) return 'im';
  return channel.is_private === true ? 'group' : 'channel';
}

/** A file object; type, size and shares stay empty until Slack has finished with the file. */
export function renderFile(ws: Workspace, file: FileRecord): Dict {
  const ready = file.phase === 'ready';
  const path = `${ws.state.team.id}-${file.id}/${encodeURIComponent(file.name)}`;
  const shares = ready ? sharesByVisibility(ws, file) : {};
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: ready ? file.mimetype : '',
    filetype: ready ? file.filetype : '',
    pretty_type: ready ? file.filetype.toUpperCase() : '',
    user: file.user,
    user_team: ws.state.team.id,
    editable: false,
    size: file.size,
    mode: 'hosted',
    is_external: false,
    external_type: '',
    is_public: true,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    url_private: `${ws.baseUrl}/files-pri/${path}`,
    url_private_download: `${ws.baseUrl}/files-pri/${path}?download=1`,
    permalink: `${ws.baseUrl}/files/${file.user}/${file.id}/${encodeURIComponent(file.name)}`,
    ...(file.alt_text === undefined ? {} : { alt_txt: file.alt_text }),
    ...(ready && file.width !== undefined ? { original_w: file.width, original_h: file.height } : {}),
    shares,
    channels: ready ? file.shares.map((share) => share.channel) : [],
    groups: [],
    ims: [],
    has_rich_preview: false,
  };
}

function sharesByVisibility(ws: Workspace, file: FileRecord): Dict {
  const shares: { public: Record<string, Dict[]>; private: Record<string, Dict[]> } = {
    public: {},
    private: {},
  };
  for (const { channel, ts, thread_ts } of file.shares) {
    const side = ws.channel(channel)?.is_private === true ? shares.private : shares.public;
    const entries = side[channel] ?? [];
    entries.push({ ts, ...(thread_ts === undefined ? {} : { thread_ts }), share_user_id: file.user });
    side[channel] = entries;
  }
  return shares;
}

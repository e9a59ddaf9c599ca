// The things a Slack workspace consists of, as this server keeps them. Field names are Slack's own wherever
// Slack has one, so that a record can be sent over the wire almost as it is.

/** A JSON object whose members nobody has checked yet. */
export type Dict = Record<string, unknown>;

export interface Team {
  id: string;
  name: string;
  domain: string;
}

export interface AppRecord {
  app_id: string;
  bot_id: string;
  bot_user_id: string;
  name: string;
  icon: string;
  bot_token: string;
  app_token: string;
  signing_secret: string;
  verification_token: string;
  client_id: string;
  client_secret: string;
  /** Where events and interactions go when delivery is 'http'. */
  request_url: string | null;
  interactivity_url: string | null;
  delivery: 'socket' | 'http';
  events: string[];
  scopes: string[];
  /** What the manifest offers to people; without a manifest anything goes. */
  commands?: string[] | undefined;
  /** Whether the manifest declares it an agent; without a manifest it may be one. */
  agent?: boolean | undefined;
  shortcuts?: Shortcut[] | undefined;
}

export interface Shortcut {
  name: string;
  type: 'message' | 'global';
  callback_id: string;
  description?: string;
}

export interface User {
  id: string;
  team_id: string;
  name: string;
  real_name: string;
  email?: string | undefined;
  title?: string | undefined;
  avatar_color: string;
  is_bot: boolean;
  is_restricted?: boolean | undefined;
  bot_id?: string | undefined;
  deleted?: boolean | undefined;
}

/** A bot other than the app under test, made up the first time somebody posts as it. */
export interface Bot {
  id: string;
  app_id: string;
  name: string;
  user_id?: string | undefined;
}

export interface Channel {
  id: string;
  name: string;
  topic: string;
  created: number;
  creator: string;
  members: string[];
  is_private?: boolean | undefined;
  is_archived?: boolean | undefined;
  is_im?: boolean | undefined;
  /** For a direct message with the app: the person at the other end. */
  user?: string | undefined;
}

export interface Reaction {
  name: string;
  users: string[];
  count: number;
}

export interface Message {
  type: 'message';
  ts: string;
  text: string;
  team?: string | undefined;
  thread_ts?: string | undefined;
  user?: string | undefined;
  bot_id?: string | undefined;
  app_id?: string | undefined;
  username?: string | undefined;
  subtype?: string | undefined;
  client_msg_id?: string | undefined;
  blocks?: Dict[] | undefined;
  attachments?: Dict[] | undefined;
  metadata?: Dict | undefined;
  edited?: { user: string; ts: string } | undefined;
  reactions?: Reaction[] | undefined;
  streaming_state?: 'in_progress' | 'completed' | 'errored' | undefined;
  upload?: boolean | undefined;
  /** Ours: the ids of the files shown with it; sent out as file objects. */
  file_ids?: string[] | undefined;
  /** Ours: the one person who sees this message. Such messages do not survive a restart. */
  ephemeral_to?: string | undefined;
  /** Ours: what people chose in the message's menus, per person, for state.values. */
  chosen?: Record<string, Record<string, Record<string, Dict>>> | undefined;
}

export interface FileRecord {
  id: string;
  name: string;
  title: string;
  alt_text?: string | undefined;
  size: number;
  user: string;
  created: number;
  /** Path below the data folder's `files`, set once the bytes have arrived. */
  stored_as?: string | undefined;
  upload_ticket?: string | undefined;
  /** 'reserved' → 'uploaded' → 'scanning' → 'ready': Slack finishes files after it has answered. */
  phase: 'reserved' | 'uploaded' | 'scanning' | 'ready';
  mimetype: string;
  filetype: string;
  width?: number | undefined;
  height?: number | undefined;
  shares: { channel: string; ts: string; thread_ts?: string | undefined }[];
}

export interface View {
  id: string;
  team_id: string;
  app_id: string;
  bot_id: string;
  app_installed_team_id: string;
  type: 'modal' | 'home';
  blocks: Dict[];
  private_metadata: string;
  callback_id: string;
  external_id: string;
  title: Dict | null;
  submit: Dict | null;
  close: Dict | null;
  clear_on_close: boolean;
  notify_on_close: boolean;
  submit_disabled: boolean;
  hash: string;
  state: { values: Record<string, Record<string, Dict>> };
  root_view_id: string;
  previous_view_id: string | null;
}

export interface AgentSession {
  status: string;
  title?: string | undefined;
  initiator_user_id?: string | undefined;
}

/** What the app suggests to write in a conversation with it. */
export interface SuggestedPrompts {
  title?: string | undefined;
  prompts: { title: string; message: string }[];
}

/** Everything that is written to workspace.json. */
export interface WorkspaceState {
  version: 1;
  team: Team;
  app: AppRecord;
  users: User[];
  bots: Bot[];
  channels: Channel[];
  /** Per channel, oldest first, replies among the roots. */
  messages: Record<string, Message[]>;
  files: Record<string, FileRecord>;
  /** Per person, the open modals, the one on top last. */
  modals: Record<string, View[]>;
  home: Record<string, View>;
  sessions: Record<string, AgentSession>;
  /** By channel. */
  prompts?: Record<string, SuggestedPrompts>;
  user_groups: { id: string; handle: string; users: string[] }[];
}

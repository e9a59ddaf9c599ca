// What the page knows: people, channels, the open lists of messages, who we are. It follows the server's
// event stream and tells its listeners what changed; the views redraw from here and keep nothing of their own.

import * as control from './control-api.js';

/** @typedef {import('./control-api.js').Message} Message */
/** @typedef {import('./control-api.js').StreamEvent} StreamEvent */

/**
 * What changed: who and where (`state`), a channel's roots, the open thread, the status line, what the app says
 * of itself as an agent, modals, the home tab, or the stream's own health.
 * @typedef {{ kind: 'state' | 'roots' | 'thread' | 'status' | 'agent' | 'views' | 'home' | 'stream', channel?: string }} Change
 */

const STATUS_LIVES_MS = 120_000;

export class Workspace {
  /** @param {string} meId */
  constructor(meId) {
    this.meId = meId;
    /** @type {control.WorkspaceState} */
    this.state = {
      team: { id: '', name: '' },
      app: { name: '', bot_user_id: '' },
      users: [],
      channels: [],
      connected: true,
      sessions: {},
      prompts: {},
    };
    /** @type {Map<string, Message[]>} */
    this.roots = new Map();
    /** @type {{ channel: string, ts: string, messages: Message[] | null } | null} */
    this.thread = null;
    /** @type {Map<string, { text: string, until: number }>} */
    this.statuses = new Map();
    /** Whether the server's event stream is up. */
    this.live = true;
    /** @type {((change: Change) => void)[]} */
    this.listeners = [];
    /** @type {EventSource | null} */
    this.stream = null;
    /** @type {Map<string, { again: boolean }>} */
    this.loading = new Map();
  }

  /** @param {(change: Change) => void} listener */
  subscribe(listener) {
    this.listeners.push(listener);
  }

  /** @param {Change} change */
  notify(change) {
    for (const listener of this.listeners) listener(change);
  }

  /** Loads everything for the person and starts following the stream. */
  async start() {
    this.state = await control.getState();
    if (!this.person(this.meId) || this.meId === this.state.app.bot_user_id)
      this.meId = this.humans()[0]?.id ?? '';
    this.notify({ kind: 'state' });
    this.follow();
    await Promise.all(this.myChannels().map((channel) => this.loadRoots(channel.id)));
  }

  /** @param {string} meId */
  async become(meId) {
    this.meId = meId;
    this.roots.clear();
    this.statuses.clear();
    this.follow();
    this.notify({ kind: 'state' });
    this.notify({ kind: 'views' });
    await Promise.all([...this.myChannels().map((channel) => this.loadRoots(channel.id)), this.loadThread()]);
  }

  follow() {
    this.stream?.close();
    const stream = new EventSource(`/control/stream?as=${encodeURIComponent(this.meId)}`);
    this.stream = stream;
    stream.onmessage = (event) => this.take(JSON.parse(event.data));
    stream.onerror = () => this.setLive(false);
    stream.onopen = () => {
      if (!this.live) void this.reload();
      this.setLive(true);
    };
  }

  /** @param {boolean} live */
  setLive(live) {
    if (live === this.live) return;
    this.live = live;
    this.notify({ kind: 'stream' });
  }

  async reload() {
    this.state = await control.getState();
    this.notify({ kind: 'state' });
    this.notify({ kind: 'views' });
    await Promise.all([...this.myChannels().map((channel) => this.loadRoots(channel.id)), this.loadThread()]);
  }

  /** @param {StreamEvent} event */
  take(event) {
    switch (event.type) {
      case 'message':
      case 'message_changed':
      case 'message_deleted':
      case 'reaction':
      case 'ephemeral':
        if (event.type === 'message') this.clearStatus(event);
        if (event.channel) void this.touch(event.channel);
        break;
      case 'status':
        this.setStatus(event);
        break;
      case 'view':
      case 'view_closed':
        if (!event.user || event.user === this.meId)
          this.notify({ kind: event.view?.type === 'home' ? 'home' : 'views' });
        break;
      case 'home':
        this.notify({ kind: 'home' });
        break;
      case 'connection':
      case 'channel':
        void this.refreshState();
        break;
      case 'reset':
        location.reload();
        break;
      default:
        break;
    }
  }

  async refreshState() {
    this.state = await control.getState();
    this.notify({ kind: 'state' });
  }

  /** @param {string} channel */
  async touch(channel) {
    if (!this.channel(channel)) await this.refreshState();
    const thread = this.thread?.channel === channel ? this.loadThread() : null;
    await Promise.all([this.loadRoots(channel), thread]);
  }

  /** @param {string} channel */
  loadRoots(channel) {
    return this.once(`roots:${channel}`, async () => {
      const as = this.meId;
      const messages = await control.getMessages({ channel, as });
      if (as !== this.meId) return;
      this.roots.set(channel, messages);
      this.notify({ kind: 'roots', channel });
    });
  }

  loadThread() {
    return this.once('thread', async () => {
      const thread = this.thread;
      if (!thread) return;
      const as = this.meId;
      const messages = await control
        .getMessages({ channel: thread.channel, threadTs: thread.ts, as })
        .catch(() => []);
      if (thread !== this.thread || as !== this.meId) return;
      thread.messages = messages;
      this.notify({ kind: 'thread', channel: thread.channel });
    });
  }

  /**
   * Runs a load; a request that comes meanwhile runs it once more at the end, never beside it.
   * @param {string} key
   * @param {() => Promise<void>} load
   */
  async once(key, load) {
    const running = this.loading.get(key);
    if (running) {
      running.again = true;
      return;
    }
    const mine = { again: true };
    this.loading.set(key, mine);
    try {
      while (mine.again) {
        mine.again = false;
        await load();
      }
    } catch {
      // The stream notices a server that is gone; when it is back, reload() asks again.
    } finally {
      this.loading.delete(key);
    }
  }

  /**
   * @param {string} channel
   * @param {string} ts
   */
  openThread(channel, ts) {
    if (this.thread?.channel === channel && this.thread.ts === ts) return;
    this.thread = { channel, ts, messages: null };
    this.notify({ kind: 'thread', channel });
    void this.loadThread();
  }

  closeThread() {
    this.thread = null;
    this.notify({ kind: 'thread' });
  }

  /** @param {StreamEvent} event */
  setStatus(event) {
    // Session states and prompts travel as `status` too.
    if (event.session && event.channel) {
      this.state.sessions[`${event.channel}/${event.thread_ts}`] = event.session;
      this.notify({ kind: 'agent', channel: event.channel });
      return;
    }
    if (event.prompts && event.channel) {
      this.state.prompts[event.channel] = { title: event.title, prompts: event.prompts };
      this.notify({ kind: 'agent', channel: event.channel });
      return;
    }
    if (event.status === undefined) return;
    const key = `${event.channel}:${event.thread_ts ?? ''}`;
    if (event.status) {
      this.statuses.set(key, { text: event.status, until: Date.now() + STATUS_LIVES_MS });
      setTimeout(() => this.notify({ kind: 'status' }), STATUS_LIVES_MS);
    } else {
      this.statuses.delete(key);
    }
    this.notify({ kind: 'status' });
  }

  /** @param {StreamEvent} event A message of the app ends its own status, as in Slack. */
  clearStatus(event) {
    if (event.message?.user !== this.state.app.bot_user_id && !event.message?.bot_id) return;
    if (this.statuses.delete(`${event.channel}:${event.message.thread_ts ?? ''}`))
      this.notify({ kind: 'status' });
  }

  /**
   * @param {string} channel
   * @param {string} threadTs
   */
  statusOf(channel, threadTs) {
    const status = this.statuses.get(`${channel}:${threadTs}`);
    return status && status.until > Date.now() ? status.text : null;
  }

  /**
   * Where a thread stands as an agent's session, null where it is none.
   * @param {string} channel
   * @param {string} threadTs
   */
  sessionOf(channel, threadTs) {
    return this.state.sessions[`${channel}/${threadTs}`] ?? null;
  }

  /** @param {string | undefined} id */
  person(id) {
    return this.state.users.find((user) => user.id === id) ?? null;
  }

  /** @param {string | undefined} id */
  channel(id) {
    return this.state.channels.find((channel) => channel.id === id) ?? null;
  }

  /** People one can be: everybody who is not an app. */
  humans() {
    return this.state.users.filter((user) => !user.is_bot && user.id !== this.state.app.bot_user_id);
  }

  /** Channels this person sees: all public ones, private ones and direct messages as a member. */
  myChannels() {
    return this.state.channels.filter(
      (channel) =>
        (!channel.is_im && !channel.is_private) ||
        channel.members?.includes(this.meId) ||
        channel.user === this.meId,
    );
  }

  /**
   * The other side of a direct message.
   * @param {control.Channel} channel
   */
  otherSide(channel) {
    const other = channel.members?.find((id) => id !== this.meId) ?? channel.user;
    return this.person(other) ?? this.person(this.state.app.bot_user_id);
  }

  /** @param {control.Channel} channel */
  channelName(channel) {
    return channel.is_im ? (this.otherSide(channel)?.real_name ?? channel.name) : channel.name;
  }

  /** The app under its display name. */
  appName() {
    return this.person(this.state.app.bot_user_id)?.real_name || this.state.app.name || 'The app';
  }

  /** @param {control.Channel} channel */
  isMember(channel) {
    return channel.is_im === true || (channel.members ?? []).includes(this.meId);
  }
}

// What a person can do and see in the local workspace, through its control API.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { asPerson } from '../bot/weather.ts';
import { Refusal } from '../playground/refusal.ts';

/** The machine may be busy: what takes seconds alone may take minutes. */
const PATIENCE_MS = 240_000;

const elementSchema = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: z.looseObject({ text: z.string() }).optional(),
});
const messageSchema = z.looseObject({
  ts: z.string(),
  thread_ts: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  text: z.string().default(''),
  is_ephemeral: z.boolean().optional(),
  blocks: z.array(z.looseObject({ type: z.string(), elements: z.array(z.unknown()).optional() })).optional(),
  reactions: z.array(z.looseObject({ name: z.string(), users: z.array(z.string()) })).optional(),
});
const messagesSchema = z.looseObject({ messages: z.array(messageSchema) });
const viewSchema = z.looseObject({
  id: z.string(),
  callback_id: z.string().optional(),
  blocks: z.array(z.unknown()),
});
const viewsSchema = z.looseObject({ views: z.array(viewSchema) });
const callsSchema = z.looseObject({
  calls: z.array(
    z.looseObject({
      n: z.number(),
      at: z.union([z.number(), z.string()]),
      method: z.string(),
      ok: z.boolean(),
      args: z.unknown(),
    }),
  ),
});

export type Message = z.infer<typeof messageSchema>;
export type View = z.infer<typeof viewSchema>;
export type Call = z.infer<typeof callsSchema>['calls'][number];

export interface Button {
  readonly actionId: string;
  readonly label: string;
}

/** What comes with a message besides its words. */
export interface Beside {
  readonly files?: readonly { readonly name: string; readonly content: string | Uint8Array }[];
  readonly attachments?: readonly Readonly<Record<string, unknown>>[];
}

export interface People {
  readonly url: string;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Posts as a person and gives the message's ts. */
  post(user: string, channel: string, text: string, threadTs?: string, beside?: Beside): Promise<string>;
  thread(channel: string, threadTs: string, as?: string): Promise<readonly Message[]>;
  /** What a person sees in a channel outside of its threads. */
  channel(channel: string, as: string): Promise<readonly Message[]>;
  /** What Slack sends the app once, done again where Slack says that nobody answered. */
  act(path: '/actions' | '/views/submit' | '/shortcuts' | '/commands', body: object): Promise<unknown>;
  /** Clicks the newest button with this action id in the thread. */
  click(user: string, channel: string, threadTs: string, actionId: string): Promise<unknown>;
  submit(user: string, viewId: string, values: unknown): Promise<unknown>;
  views(user: string): Promise<readonly View[]>;
  calls(): Promise<readonly Call[]>;
  /** Waits until the thread has what is looked for, and gives it. */
  see<T>(
    channel: string,
    threadTs: string,
    what: (messages: readonly Message[]) => T | undefined,
    options?: { readonly as?: string },
  ): Promise<T>;
}

/** Connects to a local workspace. */
export function meetPeople(url: string): People {
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Refusal(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const people: People = {
    url,
    control,
    post: async (user, channel, text, threadTs, { files, attachments } = {}) => {
      const answer = await control('POST', '/messages', {
        user,
        channel,
        text,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
        ...(attachments === undefined ? {} : { attachments }),
        files: (files ?? []).map(({ name, content }) => ({
          name,
          content_base64: Buffer.from(content).toString('base64'),
        })),
      });
      return z.looseObject({ ts: z.string() }).parse(answer).ts;
    },
    thread: async (channel, threadTs, as) => {
      const query = new URLSearchParams({
        channel,
        thread_ts: threadTs,
        ...(as === undefined ? {} : { as }),
      });
      return messagesSchema.parse(await control('GET', `/messages?${query}`)).messages;
    },
    channel: async (channel, as) =>
      messagesSchema.parse(await control('GET', `/messages?${new URLSearchParams({ channel, as })}`))
        .messages,
    act: (path, body) => asPerson(() => control('POST', path, body)),
    click: async (user, channel, threadTs, actionId) => {
      const message = (await people.thread(channel, threadTs)).findLast((candidate) =>
        buttonsOf(candidate).some((button) => button.actionId === actionId),
      );
      if (message === undefined) throw new Error(`no message of the thread has a button ${actionId}`);
      return people.act('/actions', { user, channel, ts: message.ts, action_id: actionId });
    },
    submit: (user, viewId, values) => people.act('/views/submit', { user, view_id: viewId, values }),
    views: async (user) => viewsSchema.parse(await control('GET', `/views?user=${user}`)).views,
    calls: async () => callsSchema.parse(await control('GET', '/calls?since=0')).calls,
    see: async (channel, threadTs, what, options = {}) => {
      const until = performance.now() + PATIENCE_MS;
      // Seldom where it takes longer: dozens of threads may be watched at once.
      for (let pauseMs = 150; ; pauseMs = Math.min(pauseMs * 1.2, 600)) {
        const messages = await people.thread(channel, threadTs, options.as);
        const found = what(messages);
        if (found !== undefined) return found;
        if (performance.now() > until)
          throw new Error(`not seen in the thread:\n${messages.map(readable).join('\n---\n')}`);
        await sleep(pauseMs);
      }
    },
  };
  return people;
}

/** The buttons of a message, those inside other blocks included. */
export function buttonsOf(message: Message): readonly Button[] {
  const found: Button[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      const element = elementSchema.safeParse(value);
      if (element.success && element.data.type === 'button' && element.data.action_id !== undefined) {
        found.push({ actionId: element.data.action_id, label: element.data.text?.text ?? '' });
      }
      Object.values(value).forEach(walk);
    }
  };
  walk(message.blocks ?? []);
  return found;
}

/** All text of a message, for a person to read. */
export function readable(message: Message): string {
  const texts: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'string' && ['text', 'title', 'alt_text', 'caption'].includes(key))
          texts.push(inner);
        else walk(inner);
      }
    }
  };
  walk(message.blocks ?? []);
  return [message.text, ...texts].join('\n');
}

// A click or a submitted modal as Slack sends it. Only ids are taken from it: everything else is read again.
import { z } from 'zod';

const actionSchema = z.object({
  action_id: z.string(),
  value: z.string().optional(),
  selected_option: z.object({ value: z.string() }).nullish(),
});

const inputSchema = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_conversation: z.string().nullish(),
});

const viewSchema = z.object({
  id: z.string(),
  type: z.string().default('modal'),
  hash: z.string().optional(),
  callback_id: z.string().default(''),
  private_metadata: z.string().default(''),
  state: z
    .object({
      values: z.record(z.string(), z.record(z.string(), inputSchema)),
    })
    .optional(),
});

const clickSchema = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }).optional(),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }).optional(),
  trigger_id: z.string(),
  view: viewSchema.optional(),
  actions: z.array(actionSchema).min(1),
});

const submissionSchema = z.object({
  type: z.literal('view_submission'),
  user: z.object({ id: z.string() }),
  view: viewSchema,
});

export interface Click {
  readonly userId: string;
  /** Null for a click within a modal. */
  readonly channelId: string | null;
  readonly threadTs: string | null;
  readonly triggerId: string;
  /** What the button carries, or the entry of the menu. */
  readonly value: string;
  readonly view: ModalPlace | null;
}

export interface ModalPlace {
  readonly id: string;
  readonly isHome: boolean;
  readonly hash: string | undefined;
  readonly metadata: string;
}

export interface Submission {
  readonly userId: string;
  readonly viewId: string;
  readonly metadata: string;
  /** What was written or chosen in an input, empty where nothing was. */
  input(blockId: string, actionId: string): string;
}

/** Reads the body of a click. Throws on a malformed one. */
export function readClick(body: unknown): Click {
  const { user, channel, message, trigger_id: triggerId, view, actions } = clickSchema.parse(body);
  const [action] = actions;
  return {
    userId: user.id,
    channelId: channel?.id ?? null,
    threadTs: message?.thread_ts ?? message?.ts ?? null,
    triggerId,
    value: action?.value ?? action?.selected_option?.value ?? '',
    view:
      view === undefined
        ? null
        : { id: view.id, isHome: view.type === 'home', hash: view.hash, metadata: view.private_metadata },
  };
}

/** Reads the body of a submitted modal. Throws on a malformed one. */
export function readSubmission(body: unknown): Submission {
  const { user, view } = submissionSchema.parse(body);
  return {
    userId: user.id,
    viewId: view.id,
    metadata: view.private_metadata,
    input: (blockId, actionId) => {
      const input = view.state?.values[blockId]?.[actionId];
      return input?.value ?? input?.selected_option?.value ?? input?.selected_conversation ?? '';
    },
  };
}

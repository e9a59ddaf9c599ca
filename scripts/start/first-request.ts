// Plays one request in the local workspace, as a person there would ask it, and waits for the finished thread.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../../core/errors.ts';
import type { TurnResult } from '../../core/result.ts';
import { isOver, type TurnState } from '../../core/turn.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { Delivery } from '../../db/entities/transport.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { unpresentedTurns } from '../../db/slack/presentations.ts';
import { threadImages, threadText } from './thread-text.ts';
import type { WorkspaceClient } from './workspace-client.ts';

const REQUEST = { user: 'mira', channel: 'shop', text: '@threadsmith fix the total on the cart page' };
const POLL_MS = 200;
/** After the turn is over, its last messages still have to reach the thread. */
const DELIVERY_TIMEOUT_MS = 30_000;
const TURNS_LOOKED_AT = 1000;

export interface PlayedRequest {
  readonly state: TurnState | 'unanswered';
  readonly result: TurnResult | null;
  readonly failure: Failure | null;
  readonly text: string;
  /** Files on this machine: PNG pictures, and the recording as a GIF. */
  readonly pictures: readonly string[];
}

export interface PlayOptions {
  readonly databaseUrl: string;
  readonly workspace: WorkspaceClient;
  readonly pictureFolder: string;
  readonly timeoutMs: number;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Posts the request and waits until its turn is over and the thread says so, or until the time is up. */
export async function playRequest(options: PlayOptions): Promise<PlayedRequest> {
  const state = await options.workspace.state();
  const channelId = state.channels.find(({ name }) => name === REQUEST.channel)?.id ?? REQUEST.channel;
  const database = await openDatabase(options.databaseUrl);
  try {
    options.onProgress(`${REQUEST.user} asks in #${REQUEST.channel}: ${REQUEST.text}`);
    const ts = await options.workspace.post(REQUEST);
    const turn = await waitForTurn(database, channelId, ts, options);
    await waitForDeliveries(database, turn, options.signal);
    const messages = await options.workspace.thread(channelId, ts);
    const names = new Map(state.users.map((user) => [user.id, user.real_name]));
    const pictures: string[] = [];
    mkdirSync(options.pictureFolder, { recursive: true });
    for (const [index, image] of threadImages(messages).entries()) {
      const content = await options.workspace.file(image.fileId);
      const name = `${index + 1}-${fileName(image.altText)}.${isGif(content) ? 'gif' : 'png'}`;
      const file = join(options.pictureFolder, name);
      writeFileSync(file, content);
      pictures.push(file);
    }
    return {
      state: turn?.state ?? 'unanswered',
      result: turn?.result ?? null,
      failure: turn?.failure ?? null,
      text: threadText(messages, (id) => names.get(id) ?? id),
      pictures,
    };
  } finally {
    await database.close();
  }
}

/** True where the request ended in a change that was verified at exactly the published commit. */
export function isVerified(played: PlayedRequest): boolean {
  const { result } = played;
  if (result === null || result.kind !== 'change') return false;
  return result.verification.passed && result.verification.commit === result.commit;
}

async function waitForTurn(
  database: Database,
  channelId: string,
  threadTs: string,
  options: PlayOptions,
): Promise<Turn | null> {
  const deadline = Date.now() + options.timeoutMs;
  let latest: Turn | null = null;
  while (Date.now() < deadline && !options.signal.aborted) {
    const em = database.em();
    const session = await em.findOne(Session, { channelId, threadTs });
    latest = session === null ? null : await em.findOne(Turn, { sessionId: session.id, position: 0 });
    if (latest !== null && isOver(latest.state)) return latest;
    await sleep(POLL_MS);
  }
  return latest;
}

/** Waits until everything the turn said has been drawn, and everything drawn is in Slack. */
async function waitForDeliveries(database: Database, turn: Turn | null, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + DELIVERY_TIMEOUT_MS;
  while (turn !== null && Date.now() < deadline && !signal.aborted) {
    const em = database.em();
    const undrawn = (await unpresentedTurns(em, 0, TURNS_LOOKED_AT)).some(({ turnId }) => turnId === turn.id);
    const rows = await em.find(Delivery, { turnId: turn.id });
    const unsent = rows.filter((row) => row.abandoned === null && row.version !== row.sentVersion);
    if (!undrawn && rows.length > 0 && unsent.length === 0) return;
    await sleep(POLL_MS);
  }
}

function isGif(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, 3)).toString('latin1') === 'GIF';
}

function fileName(altText: string): string {
  const name = altText
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return name.slice(0, 60) || 'picture';
}

// Rewrites, compares and animates pictures, each in a thread of its own, so that neither a long page nor a hostile
// picture delays the worker's heartbeats.
import { Worker } from 'node:worker_threads';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Box } from '../../core/page.ts';
import type { Frame } from './animate.ts';
import type { PictureType } from './pixels.ts';

const TIMEOUT_MS = 60_000;
const HEAP_MAX_MB = 512;
/** Each thread may hold a few unpacked pictures of some hundred megabytes. */
const MAX_AT_ONCE = 2;

export type Job =
  | { readonly kind: 'rewrite'; readonly content: Uint8Array }
  | { readonly kind: 'compare'; readonly before: Uint8Array; readonly after: Uint8Array }
  | { readonly kind: 'animate'; readonly frames: readonly Frame[] };

export type Answer =
  | { readonly kind: 'rewritten'; readonly type: PictureType; readonly content: Uint8Array }
  | ({ readonly kind: 'compared' } & Compared)
  | { readonly kind: 'animated'; readonly gif: Uint8Array | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly cause?: unknown };

export interface Compared {
  /** Empty where both look the same. */
  readonly regions: readonly Box[];
  /** The share of the pixels that changed, 0 to 1. */
  readonly changedShare: number;
  /** The changed part before and after, side by side or one above the other. */
  readonly picture: { readonly png: Uint8Array; readonly beside: boolean } | null;
}

/** Decodes and encodes a picture. Throws `artifact_refused` where it cannot be decoded. */
export async function rewritePicture(
  content: Uint8Array,
): Promise<{ readonly type: PictureType; readonly content: Uint8Array }> {
  const answer = await run({ kind: 'rewrite', content });
  if (answer.kind === 'rewritten') return answer;
  throw refused(answer);
}

/** Compares two pictures of a page. Throws `artifact_refused` where one cannot be decoded. */
export async function comparePictures(before: Uint8Array, after: Uint8Array): Promise<Compared> {
  const answer = await run({ kind: 'compare', before, after });
  if (answer.kind === 'compared') return answer;
  throw refused(answer);
}

/** Makes a GIF of the frames; null where nothing moves. Throws `artifact_refused` where one cannot be decoded. */
export async function animateFrames(frames: readonly Frame[]): Promise<Uint8Array | null> {
  const answer = await run({ kind: 'animate', frames });
  if (answer.kind === 'animated') return answer.gif;
  throw refused(answer);
}

let running = 0;
const waiting: (() => void)[] = [];

async function run(job: Job): Promise<Answer> {
  if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await inThread(job);
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function inThread(job: Job): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (why: string, cause?: unknown): void =>
      resolve({ kind: 'failed', reason: `The picture cannot be used: ${why}.`, cause });
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: job,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
    });
    const timer = setTimeout(() => {
      fail('it took too long to decode');
      void thread.terminate();
    }, TIMEOUT_MS);
    thread.once('message', resolve);
    thread.once('error', (cause) => fail('decoding it failed', cause));
    thread.once('exit', () => {
      clearTimeout(timer);
      fail('it cannot be decoded');
    });
  });
}

function refused(answer: Answer): ThreadsmithError {
  return new ThreadsmithError(
    'artifact_refused',
    answer.kind === 'failed' ? answer.reason : 'The picture cannot be used.',
    'Save it as a PNG or JPEG of ordinary size.',
    { cause: answer.kind === 'failed' ? answer.cause : undefined },
  );
}

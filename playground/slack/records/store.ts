// Keeps the workspace on disk: workspace.json is rewritten whole (write, then rename, so a crash leaves the
// old or the new one) a moment after the last change; file bytes lie beside it.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { WorkspaceState } from './records.ts';
import { seedWorkspace } from './seed.ts';

const WRITE_DELAY_MS = 150;
const MAX_WRITE_DELAY_MS = 1_000;

/** Only what would make the server unusable is checked: the file is our own. */
const savedState = z.custom<WorkspaceState>((value) => {
  return z
    .looseObject({
      version: z.literal(1),
      team: z.looseObject({ id: z.string() }),
      app: z.looseObject({ bot_token: z.string(), bot_user_id: z.string() }),
      users: z.array(z.looseObject({ id: z.string() })),
      channels: z.array(z.looseObject({ id: z.string() })),
      messages: z.record(z.string(), z.array(z.looseObject({ ts: z.string() }))),
      files: z.record(z.string(), z.looseObject({ id: z.string() })),
    })
    .safeParse(value).success;
}, 'not a workspace file of this version');

export class Store {
  state: WorkspaceState;
  readonly #dir: string;
  #timer: NodeJS.Timeout | undefined;
  #dirtySince = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(dir: string, state: WorkspaceState) {
    this.#dir = dir;
    this.state = state;
  }

  /** Reads the workspace kept in `dir`, or seeds a new one there. */
  static async open(dir: string): Promise<Store> {
    await mkdir(join(dir, 'files'), { recursive: true });
    const state = (await readState(join(dir, 'workspace.json'))) ?? seedWorkspace();
    const store = new Store(dir, state);
    dropPassingThings(state);
    store.changed();
    return store;
  }

  /** Says that the state differs from what is on disk; the write follows within a second. */
  changed(): void {
    const now = Date.now();
    if (this.#timer === undefined) this.#dirtySince = now;
    else if (now - this.#dirtySince > MAX_WRITE_DELAY_MS) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), WRITE_DELAY_MS);
  }

  /** Resolves when everything changed so far is on disk. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const text = JSON.stringify(this.state);
      this.#writing = this.#writing.then(() => writeAtomically(join(this.#dir, 'workspace.json'), text));
    }
    return this.#writing;
  }

  /** Throws everything away and seeds again; tokens and delivery stay, so a connected app goes on. */
  async reset(): Promise<void> {
    const fresh = seedWorkspace();
    this.state = { ...fresh, app: this.state.app };
    await rm(join(this.#dir, 'files'), { recursive: true, force: true });
    await mkdir(join(this.#dir, 'files'), { recursive: true });
    this.changed();
  }

  writeFileBytes(storedAs: string, bytes: Buffer): Promise<void> {
    return writeFile(join(this.#dir, 'files', storedAs), bytes);
  }

  readFileBytes(storedAs: string): Promise<Buffer> {
    return readFile(join(this.#dir, 'files', storedAs));
  }

  removeFileBytes(storedAs: string): Promise<void> {
    return rm(join(this.#dir, 'files', storedAs), { force: true });
  }
}

async function readState(path: string): Promise<WorkspaceState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return savedState.parse(JSON.parse(text));
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Ephemeral messages, open modals and running streams end with the process, as they do with a client. */
function dropPassingThings(state: WorkspaceState): void {
  state.modals = {};
  for (const [channel, messages] of Object.entries(state.messages)) {
    state.messages[channel] = messages.filter((message) => message.ephemeral_to === undefined);
    for (const message of messages) {
      if (message.streaming_state === 'in_progress') message.streaming_state = 'errored';
    }
  }
}

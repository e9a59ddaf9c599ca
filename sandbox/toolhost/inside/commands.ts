// The table of commands: each id runs once, its result is kept, and it can be asked for again.
import { setTimeout as sleep } from 'node:timers/promises';
import { killMarked, RunningCommand } from './command.ts';
import { CommandStore } from './command-store.ts';
import { PipePool } from './pipes.ts';
import type { Request } from './protocol.ts';
import { finish } from './replies.ts';
import type { Channel } from './wire.ts';

type RunRequest = Extract<Request, { op: 'run' }>;

/** Live output that a slow worker has not taken is dropped beyond this: the result has it all anyway. */
const LIVE_BACKLOG_BYTES = 4 * 1024 * 1024;

export class CommandTable {
  private readonly pipes = new PipePool('/run/toolhost/pipes');
  private readonly store: CommandStore;
  private readonly active = new Map<string, RunningCommand>();
  /** Settles when commands may begin; undefined while they may. */
  private held: Promise<void> | undefined;

  constructor(storeDir: string) {
    this.store = new CommandStore(storeDir);
  }

  get running(): number {
    return this.active.size;
  }

  /** Runs the command of this id unless it did run, and answers on the channel. */
  request(channel: Channel, request: RunRequest): void {
    const { command, maxOutputBytes } = request;
    const stored = this.active.has(command.id) ? undefined : this.store.find(command.id, maxOutputBytes);
    if (stored !== undefined) {
      channel.resume();
      return finish(channel, { ...stored.result }, stored.output);
    }
    const earlier = this.active.get(command.id);
    if (earlier === undefined) return this.begin(channel, request);
    // Whoever asked first may have died before all of the input was here.
    void earlier.fed.then((isFed) => {
      if (!isFed) return this.request(channel, request);
      channel.resume();
      this.answer(channel, earlier, request);
    });
  }

  private begin(channel: Channel, request: RunRequest): void {
    const { command } = request;
    const running = new RunningCommand(command, this.store, this.pipes);
    const forget = (): void => void this.active.delete(command.id);
    this.active.set(command.id, running);
    void running.fed.then((isFed) => isFed || forget());
    void running.ended.then(forget);
    const start = (): void => {
      running.begin(command.hasStdin ? channel : undefined);
      if (!command.hasStdin) channel.resume();
    };
    if (this.held === undefined) start();
    else void this.held.then(start, start);
    this.answer(channel, running, request);
  }

  private answer(channel: Channel, running: RunningCommand, request: RunRequest): void {
    if (request.background) this.answerWhenStarted(channel, running);
    else this.answerWhenEnded(channel, running, request);
  }

  signal(id: string, signal: string): void {
    this.active.get(id)?.signal(signal);
    // Nothing of the command is to be left then, also what moved itself out of its group.
    if (signal === 'SIGKILL') killMarked(id, signal);
  }

  /** Ends a command and whatever it left behind. */
  stop(id: string): void {
    const running = this.active.get(id);
    if (running !== undefined) running.stop();
    else killMarked(id, 'SIGKILL');
  }

  /** Stops all, and lets none begin before they have ended, `endingMs` at most, and `then` is over as well. */
  async stopAll(reason: string, endingMs: number, then: () => Promise<void>): Promise<void> {
    const stopped = [...this.active.values()];
    for (const running of stopped) running.stop(reason);
    // One whose input never comes has not begun, and does not end.
    const ended = Promise.all(stopped.map((running) => running.ended));
    this.held = Promise.race([ended, sleep(endingMs)])
      .then(then)
      .finally(() => {
        this.held = undefined;
      });
    await this.held;
  }

  private answerWhenStarted(channel: Channel, running: RunningCommand): void {
    void running.started.then(() => finish(channel, {}));
  }

  private answerWhenEnded(channel: Channel, running: RunningCommand, request: RunRequest): void {
    const onChunk = (chunk: Buffer): void => {
      if (channel.writableLength < LIVE_BACKLOG_BYTES && !channel.destroyed) channel.write(chunk);
    };
    if (request.live) running.listeners.add(onChunk);
    channel.once('close', () => running.listeners.delete(onChunk));
    void running.ended.then((result) => {
      running.listeners.delete(onChunk);
      const { output, truncated } = running.excerpt(request.maxOutputBytes);
      finish(channel, { ...result, truncated }, output);
    });
  }
}

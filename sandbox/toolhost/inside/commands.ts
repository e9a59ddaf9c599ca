// The table of commands: runs each id once, keeps its result, and answers the same id again.
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcessesOf, RunningCommand } from './command.ts';
import { CommandStore } from './command-store.ts';
import { PipePool } from './pipes.ts';
import type { Request } from './protocol.ts';
import { finish } from './replies.ts';
import type { Channel } from './wire.ts';

type RunRequest = Extract<Request, { op: 'run' }>;

/** Live output that a slow worker has not taken is dropped above this; the result has it all. */
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
    // The worker that asked first may have died before it had sent all of the input.
    void earlier.fed.promise.then((isFed) => {
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
    void running.fed.promise.then((isFed) => isFed || forget());
    void running.ended.promise.then(forget);
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
    // SIGKILL has to end processes outside of the command's group too.
    if (signal === 'SIGKILL') killProcessesOf(id, signal);
  }

  /** Ends a command with all its processes, also after its own end. */
  stop(id: string): void {
    const running = this.active.get(id);
    if (running !== undefined) running.stop();
    else killProcessesOf(id, 'SIGKILL');
  }

  /** Stops all commands. None begins until they have ended, or `endingMs` are over, and `then` has run. */
  async stopAll(reason: string, endingMs: number, then: () => Promise<void>): Promise<void> {
    const stopped = [...this.active.values()];
    for (const running of stopped) running.stop(reason);
    // A command whose input never arrives has not begun, and does not end.
    const ended = Promise.all(stopped.map((running) => running.ended.promise));
    this.held = Promise.race([ended, sleep(endingMs)])
      .then(then)
      .finally(() => {
        this.held = undefined;
      });
    await this.held;
  }

  private answerWhenStarted(channel: Channel, running: RunningCommand): void {
    void running.started.promise.then(() => finish(channel, {}));
  }

  private answerWhenEnded(channel: Channel, running: RunningCommand, request: RunRequest): void {
    const onChunk = (chunk: Buffer): void => {
      if (channel.writableLength < LIVE_BACKLOG_BYTES && !channel.destroyed) channel.write(chunk);
    };
    if (request.live) running.listeners.add(onChunk);
    channel.once('close', () => running.listeners.delete(onChunk));
    void running.ended.promise.then((result) => {
      running.listeners.delete(onChunk);
      const { output, truncated } = running.excerpt(request.maxOutputBytes);
      finish(channel, { ...result, truncated }, output);
    });
  }
}

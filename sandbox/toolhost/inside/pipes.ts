// Makes pipes for the output of commands. Node gives children socket pairs, on which `> /dev/stderr` fails; only a fifo
// gives a real pipe, so a few are kept ready and each is used once.
import { spawn } from 'node:child_process';
import { constants, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';

const KEEP_READY = 32;
const REFILL_BELOW = 16;

export interface OutputPipe {
  readonly reader: Socket;
  /** For the child; the caller closes its own copy once the child has it. */
  readonly writeFd: number;
}

export class PipePool {
  private readonly folder: string;
  private readonly ready: string[] = [];
  private made = 0;
  private refilling: Promise<void> | undefined;

  constructor(folder: string) {
    this.folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    void this.refill();
  }

  async take(): Promise<OutputPipe> {
    while (this.ready.length === 0) await this.refill();
    const path = this.ready.shift() ?? '';
    // Reading first and without blocking: opening either end of a fifo waits for the other.
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeFd = openSync(path, constants.O_WRONLY);
    unlinkSync(path);
    if (this.ready.length < REFILL_BELOW) void this.refill();
    return { reader: new Socket({ fd: readFd, readable: true, writable: false }), writeFd };
  }

  private refill(): Promise<void> {
    this.refilling ??= this.make().finally(() => {
      this.refilling = undefined;
    });
    return this.refilling;
  }

  private make(): Promise<void> {
    const paths = Array.from({ length: KEEP_READY - this.ready.length }, () => {
      this.made += 1;
      return `${this.folder}/${this.made}`;
    });
    return new Promise((resolve, reject) => {
      const child = spawn('mkfifo', ['-m', '600', '--', ...paths], { stdio: 'ignore' });
      child.once('error', reject);
      child.once('exit', (code) => {
        if (code !== 0) return reject(new Error(`mkfifo ended with ${code}`));
        this.ready.push(...paths);
        resolve();
      });
    });
  }
}

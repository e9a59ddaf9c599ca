// Looking for programs on this machine and running them.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders that hold system programs but are often missing from a normal user's PATH. */
export const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program, or null. */
export function findCommand(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (folder !== '') return path;
    } catch {
      // Not there; look on.
    }
  }
  return null;
}

export interface CommandEnd {
  readonly code: number | null;
  /** The last lines it wrote, for an error message. */
  readonly tail: string;
}

const TAIL_LINES = 12;

/** Runs a command, handing over its lines as they come. */
export function runCommand(
  argv: readonly string[],
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly onLine: (line: string) => void;
    readonly input?: string;
  },
): Promise<CommandEnd> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: options.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const tail: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = `${rest}${chunk}`.split(/[\r\n]+/);
        rest = lines.pop() ?? '';
        for (const line of lines.filter((text) => text.trim() !== '')) {
          tail.push(line);
          if (tail.length > TAIL_LINES) tail.shift();
          options.onLine(line);
        }
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('error', (thrown) => resolve({ code: 127, tail: thrown.message }));
    child.once('close', (code) => resolve({ code, tail: tail.join('\n') }));
  });
}

/**
 * What to put before a command so that it runs as root: nothing for root, sudo where there is one, null
 * where neither is at hand.
 */
export function rootPrefix(): readonly string[] | null {
  if (process.getuid?.() === 0) return [];
  return findCommand('sudo') === null ? null : ['sudo'];
}

/** Asks for the password of sudo once, on the terminal, where one is needed. True when sudo may be used. */
export function unlockSudo(prefix: readonly string[]): boolean {
  if (prefix.length === 0) return true;
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return true;
  if (!process.stdin.isTTY) return false;
  return spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0;
}

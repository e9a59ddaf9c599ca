// What a person sees while the parts come up: one line per part, calm, with its time. On a terminal the
// lines of parts still at work follow along at the bottom; in a log only what is finished is written.

export interface Part {
  /** What the part is doing right now. */
  note(text: string): void;
  /** Ends the part's line with a tick. */
  done(detail?: string): void;
  /** Ends the part's line with a cross. */
  failed(reason: string): void;
}

export interface Terminal {
  part(title: string): Part;
  /** A line that stays. */
  say(text: string): void;
  warn(text: string): void;
  /** Stops drawing; nothing is written over any more. */
  close(): void;
}

export interface TerminalOptions {
  readonly write: (text: string) => void;
  /** Whether lines may be drawn over. */
  readonly live: boolean;
  readonly columns: () => number;
}

interface RunningPart {
  readonly title: string;
  readonly startedAt: number;
  text: string;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;
const TITLE_WIDTH = 16;
/** In a log, what a part is doing is repeated at most this often. */
const NOTE_EVERY_MS = 5_000;

/** Makes the terminal of a command. */
export function createTerminal(options: TerminalOptions): Terminal {
  const running = new Set<RunningPart>();
  const paint = options.live
    ? { green: '\x1b[32m', red: '\x1b[31m', yellow: '\x1b[33m', dim: '\x1b[2m', plain: '\x1b[0m' }
    : { green: '', red: '', yellow: '', dim: '', plain: '' };
  let drawn = 0;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const erase = () => {
    if (drawn > 0) options.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (!options.live) return;
    for (const part of running) {
      const line = `${FRAMES[frame % FRAMES.length]} ${pad(part.title)} ${part.text}`;
      options.write(`${paint.dim}${cut(line, options.columns() - 1)}${paint.plain}\n`);
      drawn += 1;
    }
    if (running.size > 0 && timer === undefined) {
      timer = setInterval(() => {
        frame += 1;
        erase();
        draw();
      }, FRAME_MS);
      timer.unref();
    }
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const print = (line: string) => {
    erase();
    options.write(`${line}\n`);
    draw();
  };

  return {
    part: (title) => {
      const part: RunningPart = { title, startedAt: Date.now(), text: '' };
      running.add(part);
      let notedAt = part.startedAt;
      erase();
      draw();
      const finish = (mark: string, text: string) => {
        if (!running.delete(part)) return;
        print(
          `${mark} ${pad(title)} ${text}  ${paint.dim}${seconds(Date.now() - part.startedAt)}${paint.plain}`,
        );
      };
      return {
        note: (text) => {
          part.text = text.replace(/\s+/g, ' ').trim();
          if (options.live || Date.now() - notedAt < NOTE_EVERY_MS) return;
          notedAt = Date.now();
          print(`· ${pad(title)} ${part.text}`);
        },
        done: (detail = '') => finish(`${paint.green}✓${paint.plain}`, detail),
        failed: (reason) => finish(`${paint.red}✗${paint.plain}`, reason),
      };
    },
    say: print,
    warn: (text) => print(`${paint.yellow}!${paint.plain} ${text}`),
    close: () => {
      erase();
      clearInterval(timer);
      running.clear();
    },
  };
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return createTerminal({
    write: (text) => process.stdout.write(text),
    live: process.stdout.isTTY && process.env['TERM'] !== 'dumb',
    columns: () => process.stdout.columns || 80,
  });
}

/** Runs `work` as one line of the terminal; the text it returns ends the line. Throws what `work` throws. */
export async function asPart<T>(
  terminal: Terminal,
  title: string,
  work: (part: Part) => Promise<{ readonly value: T; readonly detail: string }>,
): Promise<T> {
  const part = terminal.part(title);
  try {
    const { value, detail } = await work(part);
    part.done(detail);
    return value;
  } catch (thrown) {
    part.failed(thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown));
    throw thrown;
  }
}

function pad(title: string): string {
  return title.padEnd(TITLE_WIDTH);
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function seconds(durationMs: number): string {
  return durationMs < 100 ? '' : `${(durationMs / 1000).toFixed(1)} s`;
}

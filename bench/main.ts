// `npm run bench -- agent slack stop sandbox`: what the product costs and how that grows, as JSON lines on standard
// output.

import { parseArgs } from 'node:util';
import { benchAgent } from './agent/agent.ts';
import { type Figure, print } from './report/figure.ts';
import { type BenchSurroundings, openSurroundings } from './report/surroundings.ts';
import { openEngine } from './sandbox/engine.ts';
import { openSandboxGround } from './sandbox/ground.ts';
import { benchSandbox, FULL, SHORT } from './sandbox/sandbox.ts';
import { benchSlack, FULL as SLACK_FULL, SHORT as SLACK_SHORT } from './slack/slack.ts';
import { benchStop, FULL as STOP_FULL, SHORT as STOP_SHORT } from './stop/stop.ts';

interface Asked {
  /** Few samples: shows that everything is measured, and says nothing of what it costs. */
  readonly short: boolean;
  /** Aborted where the figures are not wanted any more. */
  readonly signal: AbortSignal;
}

const benches: Readonly<Record<string, (asked: Asked) => AsyncIterable<Figure>>> = {
  agent,
  slack,
  stop,
  sandbox,
};

async function* agent(): AsyncIterable<Figure> {
  yield* surrounded(benchAgent);
}

async function* slack({ short }: Asked): AsyncIterable<Figure> {
  yield* surrounded((surroundings) => benchSlack(surroundings, short ? SLACK_SHORT : SLACK_FULL));
}

async function* stop({ short, signal }: Asked): AsyncIterable<Figure> {
  const engine = await openEngine(process.env, signal);
  try {
    yield* surrounded((surroundings) => benchStop(surroundings, engine.host, short ? STOP_SHORT : STOP_FULL));
  } finally {
    await engine.release();
  }
}

async function* surrounded(bench: (surroundings: BenchSurroundings) => AsyncIterable<Figure>) {
  const surroundings = await openSurroundings();
  try {
    yield* bench(surroundings);
  } finally {
    await surroundings.close();
  }
}

async function* sandbox({ short, signal }: Asked): AsyncIterable<Figure> {
  const engine = await openEngine(process.env, signal);
  try {
    const ground = await openSandboxGround(engine.host);
    try {
      yield* benchSandbox(ground, short ? SHORT : FULL);
    } finally {
      await ground.close();
    }
  } finally {
    await engine.release();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { short: { type: 'boolean', default: false } },
  });
  const names = positionals.length === 0 ? Object.keys(benches) : positionals;
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no benchmark ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}.\n`,
    );
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  for (const name of names) {
    for await (const figure of benches[name]?.({ short: values.short, signal: stop.signal }) ?? []) {
      print(figure);
      if (stop.signal.aborted) return 130;
    }
  }
  return 0;
}

process.exitCode = await main();

// `npm run bench -- agent`: what the product costs and how that grows, as JSON lines on standard output.

import { benchAgent } from './agent/agent.ts';
import { type Figure, print } from './figure.ts';
import { type BenchSurroundings, openSurroundings } from './surroundings.ts';

const benches: Readonly<Record<string, (surroundings: BenchSurroundings) => AsyncIterable<Figure>>> = {
  agent: benchAgent,
};

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const names = asked.length === 0 ? Object.keys(benches) : asked;
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no benchmark ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}.\n`,
    );
    return 2;
  }
  const surroundings = await openSurroundings();
  try {
    for (const name of names) for await (const figure of benches[name]?.(surroundings) ?? []) print(figure);
    return 0;
  } finally {
    await surroundings.close();
  }
}

process.exitCode = await main();

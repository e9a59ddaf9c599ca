// `npm run accounting -- --by session|person|repo [--since 2026-11-01] [--json]`: tokens, steps, minutes and
// money of an installation, from its database.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readConfig, readEnvironment } from '../core/config/config.ts';
import { ThreadsmithError } from '../core/errors.ts';
import { costOf, type PriceTable } from '../core/price.ts';
import { type UsageRow, usageBy } from '../db/log/accounting.ts';
import { openDatabase } from '../db/schema/database.ts';

const argumentsSchema = z.object({
  by: z.enum(['session', 'person', 'repo']).default('repo'),
  since: z.coerce.date().default(new Date(0)),
  json: z.boolean().default(false),
});

async function main(): Promise<void> {
  const { by, since, json } = readArguments();
  const environment = readEnvironment(process.env);
  if (environment.DATABASE_URL === undefined) {
    throw new ThreadsmithError(
      'config_invalid',
      'DATABASE_URL is not set.',
      'Set it to the database to read.',
    );
  }
  const { prices } = readConfig(environment.THREADSMITH_CONFIG).model;
  const database = await openDatabase(environment.DATABASE_URL);
  try {
    const rows = await usageBy(database.em(), by, since);
    for (const row of rows)
      process.stdout.write(`${json ? JSON.stringify(priced(row, prices)) : line(row, prices)}\n`);
    if (rows.length === 0) process.stderr.write('Nothing was used since then.\n');
  } finally {
    await database.close();
  }
}

function priced(row: UsageRow, prices: PriceTable): Record<string, unknown> {
  return { ...row, cost: costOf(prices, row.model, row), currency: prices.currency };
}

function line(row: UsageRow, prices: PriceTable): string {
  const cost = costOf(prices, row.model, row);
  const money = cost === null ? 'no price' : `${cost.toFixed(2)} ${prices.currency}`;
  const tokens = `${row.inputTokens} in (${row.cachedTokens} cached), ${row.outputTokens} out`;
  return [
    row.key,
    row.model,
    `${row.turns} turns`,
    `${row.steps} steps`,
    tokens,
    `${Math.round(row.minutes)} min`,
    money,
  ].join('\t');
}

function readArguments(): z.infer<typeof argumentsSchema> {
  try {
    const { values } = parseArgs({
      options: { by: { type: 'string' }, since: { type: 'string' }, json: { type: 'boolean' } },
    });
    return argumentsSchema.parse(values);
  } catch (cause) {
    throw new ThreadsmithError(
      'config_invalid',
      'The arguments of accounting are not right.',
      'Use: npm run accounting -- --by session|person|repo [--since 2026-11-01] [--json]',
      { cause },
    );
  }
}

main().catch((thrown: unknown) => {
  if (!(thrown instanceof ThreadsmithError)) throw thrown;
  process.stderr.write(`${thrown.message} ${thrown.advice}\n`);
  process.exitCode = 1;
});

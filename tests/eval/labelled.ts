// The labelled set: changes of which people have said whether a reviewer should let them through.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export type Label = 'in-scope' | 'out-of-scope' | 'unrelated-refactoring' | 'weakened-tests' | 'secrets';

export interface LabelledChange {
  readonly name: string;
  readonly label: Label;
  readonly request: string;
  /** As git writes it. */
  readonly diff: string;
  /** What the rules should find without a model; null for nothing. */
  readonly rule: 'weakened_test' | 'secret' | null;
}

const caseSchema = z.strictObject({
  name: z.string().min(1),
  request: z.string().min(1),
  /** Where the rules rightly find something that the request asked for. */
  rules: z.enum(['weakened_test', 'secret']).optional(),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        status: z.enum(['added', 'modified', 'deleted']).default('modified'),
        lines: z.string().startsWith('@@\n'),
      }),
    )
    .min(1),
});

/** `judge` grew together with the rules; `held-out` was written without a look at them. */
export type LabelledSet = 'judge' | 'held-out';

const labelSchema = z.enum([
  'in-scope',
  'out-of-scope',
  'unrelated-refactoring',
  'weakened-tests',
  'secrets',
]);

/** Reads a set. */
export function readLabelled(set: LabelledSet): readonly LabelledChange[] {
  const folder = join(import.meta.dirname, set);
  return readdirSync(folder).flatMap((file) => {
    const label = labelSchema.parse(file.replace('.yaml', ''));
    const cases = z.array(caseSchema).parse(parse(readFileSync(join(folder, file), 'utf8')));
    return cases.map(({ name, request, rules, files }) => ({
      name,
      label,
      request,
      diff: fillIn(files.map(diffOf).join(''), name),
      rule: rules ?? (label === 'weakened-tests' ? 'weakened_test' : label === 'secrets' ? 'secret' : null),
    }));
  });
}

function diffOf({ path, status, lines }: z.infer<typeof caseSchema>['files'][number]): string {
  const head = [
    `diff --git a/${path} b/${path}`,
    ...(status === 'added' ? ['new file mode 100644'] : []),
    ...(status === 'deleted' ? ['deleted file mode 100644'] : []),
    `--- ${status === 'added' ? '/dev/null' : `a/${path}`}`,
    `+++ ${status === 'deleted' ? '/dev/null' : `b/${path}`}`,
  ];
  const hunks = lines
    .split(/^@@\n/m)
    .slice(1)
    .map((hunk) => hunk.trimEnd().split('\n'));
  const body = hunks.map((hunk, index) => {
    const before = hunk.filter((line) => !line.startsWith('+')).length;
    const after = hunk.filter((line) => !line.startsWith('-')).length;
    const start = 1 + index * 100;
    return [`@@ -${start},${before} +${start},${after} @@`, ...hunk].join('\n');
  });
  return `${[...head, ...body].join('\n')}\n`;
}

/** Credentials of the right shape that never were any, the same in every run. */
function fillIn(diff: string, seed: string): string {
  const made: Readonly<Record<string, () => string>> = {
    aws_key: () => `AKIA${random(seed, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
    github_token: () => `ghp_${random(seed, 36)}`,
    slack_token: () => `xoxb-${random(seed, 12, '0123456789')}-${random(seed, 24)}`,
    stripe_key: () => `sk_live_${random(seed, 24)}`,
    key_kind: () => 'RSA',
    base64_40: () => random(seed, 40),
    base64_64: () => random(seed, 64),
    hex_40: () => random(seed, 40, '0123456789abcdef'),
    password: () => random(seed, 14),
    jwt: () => `eyJ${random(seed, 20)}.eyJ${random(`${seed}2`, 40)}.${random(`${seed}3`, 43)}`,
  };
  return diff.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = made[name];
    if (value === undefined) throw new Error(`the labelled set names {{${name}}}, which nobody makes`);
    return value();
  });
}

function random(
  seed: string,
  length: number,
  alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
): string {
  const bytes = createHash('sha512').update(seed).digest();
  return Array.from({ length }, (_, at) => alphabet[(bytes[at % 64] ?? 0) % alphabet.length] ?? '').join('');
}

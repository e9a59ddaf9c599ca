// The second model's verdict, from a scripted server that answers as good, odd and broken judges do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDiff } from '../../worker/review/diff.ts';
import { judge } from '../../worker/review/judge.ts';
import { findingsIn, reviewReport } from '../../worker/review/review.ts';
import { modelAt, type ScriptedModel, startScriptedModel } from './model/server.ts';

const answers: Readonly<Record<string, string>> = {
  good: '{"verdict":"pass","reasons":[]}',
  bad: '{"verdict":"fail","reasons":["src/a.js: it renames a function that nobody asked about."]}',
  fenced: 'Here is my verdict:\n```json\n{"verdict": "fail", "reasons": ["It does half of it."]}\n```\nBye.',
  silent: '{"verdict":"fail","reasons":[]}',
  chatty: 'I think that this is fine.',
  odd: '{"verdict":"maybe"}',
};

let server: ScriptedModel;
beforeAll(async () => {
  server = await startScriptedModel();
  for (const [name, say] of Object.entries(answers)) {
    const script = {
      role: 'judge',
      match: `<asked>\\s*${name}\\b`,
      system_matches: 'reviewer',
      steps: [{ say }],
    };
    await server.addScript(name, JSON.stringify(script));
  }
});
afterAll(() => server.close());

const diff = 'diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1 +1 @@\n-a\n+b\n';

describe.each(['responses', 'chat', 'messages'] as const)('a judge over %s', (api) => {
  const ask = (request: string, signal = new AbortController().signal) =>
    judge(modelAt(server, { api }), { request, summary: 'Done.', hints: ['a hint'], diff }, signal);

  it('lets a change pass', async () => {
    const { verdict, reasons, usage } = await ask('good');
    expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] });
    expect(usage.inputTokens).toBeGreaterThan(100);
  });

  it('is against a change, with its reasons', async () => {
    const reasons = ['src/a.js: it renames a function that nobody asked about.'];
    expect(await ask('bad')).toMatchObject({ verdict: 'fail', reasons });
    expect(await ask('fenced')).toMatchObject({ verdict: 'fail', reasons: ['It does half of it.'] });
  });

  it.each(['silent', 'chatty', 'odd'])('has no verdict when its answer is %s', async (name) => {
    const { verdict, reasons } = await ask(name);
    expect(verdict).toBe('none');
    expect(reasons).toEqual([expect.stringMatching(/^No second model has judged this change: it/)]);
  });

  it('has no verdict when its server fails, and the change goes on', async () => {
    await server.inject({ kind: 'http_401' });
    expect(await ask('good')).toMatchObject({
      verdict: 'none',
      reasons: [expect.stringContaining('refused the key')],
    });
    await server.inject({ kind: 'context_overflow' });
    expect(await ask('good')).toMatchObject({
      verdict: 'none',
      reasons: [expect.stringContaining('too large')],
    });
  });

  it('sees the request, the rules and the diff, gets no tools, and stops with the turn', async () => {
    await ask('good');
    const last = (await server.requests()).at(-1);
    const body = JSON.stringify(last?.body);
    expect(body).toContain('a hint');
    expect(body).toContain('diff --git a/a.js');
    expect(Reflect.get(Object(last?.body), 'tools') ?? []).toEqual([]);
    await expect(ask('good', AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});

describe('a diff', () => {
  it('is read with paths, kinds and line numbers, whatever its lines look like', () => {
    const text = [
      'diff --git a/old.ts b/new.ts',
      'similarity index 90%',
      'rename from old.ts',
      'rename to new.ts',
      '--- a/old.ts',
      '+++ b/new.ts',
      '@@ -3,3 +3,4 @@ function x() {',
      ' same',
      '--- a/looks-like-a-header',
      '+diff --git a/x b/x',
      '+@@ -1 +1 @@',
      ' same',
      'diff --git a/gone.ts b/gone.ts',
      'deleted file mode 100644',
      '--- a/gone.ts',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-last',
      '\\ No newline at end of file',
      'diff --git a/b.png b/b.png',
      'Binary files a/b.png and b/b.png differ',
    ].join('\n');
    expect(readDiff(text)).toEqual([
      {
        path: 'new.ts',
        status: 'renamed',
        from: 'old.ts',
        lines: [
          { kind: 'context', text: 'same', number: 3, hunk: 1 },
          { kind: 'removed', text: '-- a/looks-like-a-header', number: 4, hunk: 1 },
          { kind: 'added', text: 'diff --git a/x b/x', number: 4, hunk: 1 },
          { kind: 'added', text: '@@ -1 +1 @@', number: 5, hunk: 1 },
          { kind: 'context', text: 'same', number: 6, hunk: 1 },
        ],
      },
      { path: 'gone.ts', status: 'deleted', lines: [{ kind: 'removed', text: 'last', number: 1, hunk: 2 }] },
      { path: 'b.png', status: 'modified', lines: [] },
    ]);
  });

  it('that is huge, cut or hostile is read quickly', () => {
    const line = `+expect(${'a'.repeat(5_000)}`;
    const text = `diff --git a/a.test.js b/a.test.js\n@@ -1 +1,20000 @@\n${`${line}\n`.repeat(2_000)}`;
    expect(findingsIn(text)).toEqual([]);
  });
});

it('finds a skipped benchmark, as the change of a Vitest file writes it', () => {
  const text = `diff --git a/tests/a.bench.ts b/tests/a.bench.ts\n@@ -1 +1 @@\n-bench('sums', run);\n+bench.skip('sums', run);`;
  expect(findingsIn(text)).toMatchObject([{ rule: 'weakened_test', line: 1 }]);
});

it('tells the agent what was found and that it may stand by its work', () => {
  const report = reviewReport({
    verdict: 'fail',
    findings: ['a.test.js:1: Skipped.'],
    reasons: ['Half.'],
    model: 'm',
  });
  expect(report).toContain('- a.test.js:1: Skipped.\n- Half.');
});

// The system prompt and what surrounds a run: arguments, output, and pages of text.
import { expect, it } from 'vitest';
import { emptyGuide } from '../../../worker/agent/guide.ts';
import { composeInstructions, type InstructionFacts } from '../../../worker/agent/instructions.ts';
import { cutMiddle, oneLine, readable } from '../../../worker/agent/tools/output.ts';
import { agentTools, specsOf } from '../../../worker/agent/tools/registry.ts';
import { asksForHelp, readArguments, requireRepo } from '../../../worker/agent-cli/terminal-arguments.ts';
import { repoFileSchema } from '../../../worker/workspace/repo-file.ts';

const facts: InstructionFacts = {
  repo: 'shop',
  branch: 'threadsmith/abc',
  defaultBranch: 'main',
  repoFile: repoFileSchema.parse({
    checks: [{ name: 'tests', run: 'npm test' }],
    serve: { run: 'npm start', port: 3000 },
    pages: [{ name: 'Cart', path: '/cart' }],
  }),
  network: [],
  guide: { rules: [{ path: 'AGENTS.md', text: 'Prices are {{cents}}.' }], skills: [] },
};

it('the prompt holds all facts, no unfilled places, and is the same each time', () => {
  const text = composeInstructions(facts);
  for (const part of ['shop', 'threadsmith/abc', 'main', 'npm test', 'npm start', '3000', '/cart']) {
    expect(text).toContain(part);
  }
  // The rules are the repo's own text: nothing in them is filled in.
  expect(text).toContain('Prices are {{cents}}.');
  expect(text.replace('{{cents}}', '')).not.toMatch(/\{\{|\}\}/);
  expect(composeInstructions({ ...facts })).toBe(text);
});

it('the prompt says what the sandbox reaches, and what is added there', () => {
  expect(composeInstructions(facts)).toContain('has no network');
  const network = [
    { host: '*.example.com', ports: [443], headers: [{ host: 'api.example.com', header: 'Authorization' }] },
    { host: 'registry.npmjs.org', ports: [443], methods: ['GET', 'HEAD'], headers: [] },
  ];
  const text = composeInstructions({ ...facts, network });
  expect(text).not.toContain('has no network');
  for (const part of [
    '*.example.com, ports 443',
    'api.example.com get the header Authorization',
    'only GET, HEAD',
  ])
    expect(text).toContain(part);
});

it('the prompt leaves out what a repo does not have, and cuts rules that are too long', () => {
  const bare = composeInstructions({ ...facts, repoFile: { checks: [], pages: [] }, guide: emptyGuide });
  expect(bare).not.toMatch(/# Checks|# The app|# Rules/);
  const rules = [{ path: 'AGENTS.md', text: 'x'.repeat(100_000) }];
  const long = composeInstructions({ ...facts, guide: { rules, skills: [] } });
  expect(long.length).toBeLessThan(bare.length + 26_000);
});

it.each(specsOf(agentTools).map((spec) => [spec.name, spec] as const))(
  'the tool %s has a short description and a schema of an object that forbids other fields',
  (name, { description, parameters }) => {
    expect(name).toMatch(/^[a-z_]{2,30}$/);
    expect(description.length).toBeLessThan(400);
    expect(parameters).toMatchObject({ type: 'object', additionalProperties: false });
    expect(JSON.stringify(parameters)).not.toContain('$schema');
  },
);

it('output is cut in its middle, between whole characters, and only when it is too long', () => {
  expect(cutMiddle('short', 100)).toBe('short');
  const cut = cutMiddle(`begin${'😀'.repeat(1000)}end`, 101);
  expect(cut).toMatch(/^begin[\s\S]*characters left out[\s\S]*end$/);
  expect(cut.isWellFormed()).toBe(true);
  expect(oneLine(`a\n\n b\t${'c'.repeat(200)}`, 20)).toBe('a b ccccccccccccccc…');
});

it('cleaning megabytes of output takes no time', () => {
  const startedAt = performance.now();
  readable('x'.repeat(2_000_000));
  readable(`${'progress\r'.repeat(200_000)}done`);
  readable('\u001b[31mred\u001b[0m'.repeat(100_000));
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

it('the arguments of the terminal are understood, or the usage is shown', () => {
  expect(readArguments(['--repo', '/x/shop.git', '--run', 'a-1', 'fix', 'it'])).toMatchObject({
    request: 'fix it',
    repo: { name: 'shop', url: '/x/shop.git' },
    run: 'a-1',
    keep: true,
  });
  expect(readArguments(['--repo', 'git@host:team/shop.git', 'x'])).toMatchObject({
    repo: { url: 'git@host:team/shop.git' },
    keep: false,
  });
  for (const wrong of [
    ['x'],
    ['--repo', '.'],
    ['--repo', '.', '--max-steps', 'many', 'x'],
    ['--nonsense', 'x'],
  ]) {
    expect(() => readArguments(wrong)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  }
});

it('a path without a repo is told before anything starts; a URL is left to git', () => {
  const at = (url: string) => () => requireRepo({ repo: { name: 'shop', url } });
  expect(at('/no/such/folder')).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(at(import.meta.dirname)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(at('git@host:team/shop.git')).not.toThrow();
  expect(asksForHelp(['--repo', 'x', '--help'])).toBe(true);
  expect(asksForHelp(['--repo', 'x', 'help me'])).toBe(false);
});

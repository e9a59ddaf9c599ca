// What a repo tells agents: rules of folders with the first touch, skills on demand; and files for people.
import { describe, expect, it } from 'vitest';
import { emptyGuide, readGuide } from '../../../worker/agent/guide.ts';
import { composeInstructions } from '../../../worker/agent/instructions.ts';
import { agentTools, toolsFor } from '../../../worker/agent/tools/registry.ts';
import type { RepoGuide } from '../../../worker/agent/tools/repo-guide.ts';
import { openFileArtifacts } from '../../../worker/agent-cli/file-artifacts.ts';
import { useScriptedModel } from '../model/server.ts';
import { useTestSandbox } from './sandbox.ts';
import { newTurn } from './turn.ts';

const FILES: Readonly<Record<string, string>> = {
  'AGENTS.md': 'Rules of the root.',
  'CLAUDE.md': '',
  'shop/AGENTS.md': 'Prices are in cents.',
  'shop/cart/CLAUDE.md': 'The cart is <b>sorted</b>.',
  'shop/cart/total.js': 'total();',
  'mail/AGENTS.md': 'Mail is text.',
  '.agents/skills/release/SKILL.md':
    '---\nname: Release\ndescription: How to make a release, step by step.\n---\n# Release\nRun it.',
  '.agents/skills/release/notes.md': 'x',
  '.agents/skills/plain/SKILL.md': '# Plain\nHas no head.',
  '.agents/skills/broken/SKILL.md': '---\n: [\n---\nIts head is no YAML.',
  'docs/.agents/skills/elsewhere/SKILL.md': 'not at the root',
};

const guideOf = (files = FILES): Promise<RepoGuide> =>
  readGuide({ list: async () => Object.keys(files), read: async (path) => files[path] ?? null });

describe('the guide', () => {
  it('has the rules of the root, and those of folders outermost first', async () => {
    const guide = await guideOf();
    expect(guide.rules).toEqual([{ path: 'AGENTS.md', text: 'Rules of the root.' }]);
    const paths = async (...touched: string[]) => (await guide.rulesAround(touched)).map(({ path }) => path);
    expect(await paths('shop/cart/total.js')).toEqual(['shop/AGENTS.md', 'shop/cart/CLAUDE.md']);
    expect(await paths('/work/repo/shop/x.js', 'mail/a/b/c.js')).toEqual([
      'shop/AGENTS.md',
      'mail/AGENTS.md',
    ]);
    expect(await paths('total.js', '/etc/passwd', '../shop/x.js', 'shop')).toEqual([]);
  });

  it('lists skills by their description and loads them without their head', async () => {
    const guide = await guideOf();
    expect(guide.skills).toEqual([
      { name: 'release', description: 'How to make a release, step by step.' },
      { name: 'plain', description: 'Has no head.' },
      { name: 'broken', description: 'Its head is no YAML.' },
    ]);
    expect(await guide.loadSkill('release')).toEqual({
      text: '# Release\nRun it.',
      files: ['.agents/skills/release/notes.md'],
    });
    expect(await guide.loadSkill('../../shop')).toBeNull();
  });

  it('brings the skills into the prompt and their tool to the model, where there are any', async () => {
    const guide = await guideOf();
    const repoFile = { checks: [], pages: [] };
    const facts = { repo: 'r', branch: 'b', defaultBranch: 'm', repoFile, network: [] };
    const prompt = composeInstructions({ ...facts, guide });
    expect(prompt).toContain('- release: How to make a release, step by step.');
    expect(composeInstructions({ ...facts, guide: emptyGuide })).not.toContain('load_skill');
    expect(toolsFor(guide)).toHaveLength(agentTools.length + 1);
    expect(toolsFor(await guideOf({}))).toEqual(agentTools);
  });

  it('cuts rules that would be paid for with every step', async () => {
    const guide = await guideOf({ 'a/AGENTS.md': 'long '.repeat(10_000) });
    expect((await guide.rulesAround(['a/x']))[0]?.text.length).toBeLessThan(9_000);
  });
});

const READ = `
match: look around
steps:
  - tools:
      - { name: read_file, arguments: { path: shop/cart/total.js } }
      - { name: read_file, arguments: { path: shop/cart/total.js } }
  - tools:
      - { name: search, arguments: { pattern: total, path: shop } }
      - { name: edit_file, arguments: { path: mail/new.txt, old_text: '', new_text: "hello\\n" } }
  - tools:
      - { name: load_skill, arguments: { name: release } }
      - { name: load_skill, arguments: { name: nothing } }
  - tools:
      - { name: shell, arguments: { command: 'echo a,b > /tmp/report.csv; : > /tmp/empty' } }
      - { name: artifact, arguments: { path: /tmp/report.csv, title: 'Sales of the week' } }
      - { name: artifact, arguments: { path: /tmp/empty, title: Nothing } }
      - { name: artifact, arguments: { path: /tmp/none, title: Nothing } }
  - say: Looked.
`;

describe('a run in a repo with a guide', () => {
  const test = useTestSandbox('guide');
  const server = useScriptedModel({ read: READ });

  it('tells the rules of a folder once, loads skills, and gives files to people', async () => {
    await test.look('mkdir -p /work/repo/shop/cart && echo "total();" > /work/repo/shop/cart/total.js');
    const turn = newTurn(test, server, 'chat', 'look around');
    expect(await turn.run({ guide: await guideOf() })).toMatchObject({ kind: 'finished', text: 'Looked.' });
    const outputs = (await turn.ofKind('tool_result')).map(({ output }) => output);
    const [first, second, search, edit, skill, unknown, , given, empty, none] = outputs;
    expect(first).toContain('<rules from="shop/AGENTS.md"');
    expect(first).toContain('The cart is <b>sorted</b>.');
    expect(second).not.toContain('<rules');
    expect(search).not.toContain('<rules');
    expect(edit).toContain('Mail is text.');
    expect(skill).toContain('# Release\nRun it.');
    expect(skill).toContain('- .agents/skills/release/notes.md');
    expect(unknown).toContain('The skills are: release, plain, broken.');
    expect(given).toContain('on its way to the thread (4 bytes)');
    expect([empty, none].join()).toMatch(/is empty.*(no such file|does not exist|no file)/is);
    const published = turn.events.filter((event) => event.type === 'artifact.published');
    expect(published).toEqual([
      {
        type: 'artifact.published',
        artifactId: expect.any(String),
        name: 'report.csv',
        title: 'Sales of the week',
      },
    ]);
    const store = openFileArtifacts(`${test.folder}/artifacts`, 'session', 'turn');
    const { content } = await store.read(String(Reflect.get(published[0] ?? {}, 'artifactId')));
    expect(Buffer.from(content).toString()).toBe('a,b\n');
  });
});

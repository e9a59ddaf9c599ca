// One change from its first status to the merge and its revert, with everybody who may not decide on it.
import { expect } from 'vitest';
import { labelsOf, runs, toldOnly } from '../conversation.ts';
import { type Message, readable } from '../people.ts';
import { inOrder, offers, says } from '../thread.ts';
import { type Bakery, confirmOf, isSeen, ofApp, turnsInto, withButtons } from './bakery.ts';

const PLAN = [
  { title: 'Find the hours', status: 'completed' },
  { title: 'Write the new ones', status: 'in_progress' },
];

export async function result(bakery: Bakery): Promise<void> {
  const { stack, notes, ask, script, release, modal } = bakery;
  await script('open at six', [
    {
      tools: [
        { name: 'update_plan', arguments: { steps: PLAN } },
        { name: 'shell', arguments: { command: 'sed -i "s/five/six/" notes.md; echo Or by bus. >> way.md' } },
      ],
    },
    runs('true', { hold: 'hours' }),
    { say: 'It opens **at six** now.' },
  ]);
  const thread = await ask('mira', 'result', 'open at six');
  const status = await thread.see((messages) => {
    const found = withButtons(/^stop$/i, /^change repo or branch$/i)(messages);
    return found !== undefined && /Write the new ones/.test(JSON.stringify(found.blocks)) ? found : undefined;
  });
  expect(isSeen(await thread.messages(), thread.root)).toBe(true);
  expect(readable(status)).toMatch(/notes \(this channel's repo\) · threadsmith\/\S+/);
  expect(tasksOf(status)).toEqual([
    ['Prepare the sandbox', 'complete'],
    ['Find the hours', 'complete'],
    ['Write the new ones', 'in_progress'],
    ['Verify', 'pending'],
    ['Publish', 'pending'],
  ]);
  await release('hours');

  const { message } = await thread.see(offers(/^approve \(1 of 2\)$/i));
  expect(message.ts).toBe(status.ts);
  expect(ofApp(await thread.messages())).toHaveLength(1);
  inOrder(readable(message), [
    'Ready to merge',
    'at six',
    'hours',
    'Reviewed by',
    'notes.md',
    'step',
    'Asked by',
    'Approve (1 of 2)',
    'Request changes',
    'View diff',
    'Try 3 ways',
    'Discard',
  ]);
  const branch = /threadsmith\/[\w-]+/.exec(readable(message))?.[0] ?? '';
  const head = notes.git('rev-parse', branch);
  const confirm = confirmOf(message, /Approve/);
  for (const part of ['notes', branch, head.slice(0, 7), 'into main', 'passed'])
    expect(confirm).toContain(part);

  await thread.clickOn('sana', message, /^view diff$/i);
  const view = await modal('sana');
  expect(JSON.stringify(view.blocks)).toMatch(/Go to a file.*notes\.md.*way\.md.*\+Open from six\./s);
  const picked = { user: 'sana', view_id: view.id, action_id: 'threadsmith.diff.file', value: '1:0' };
  expect(await stack.people.act('/actions', picked)).toMatchObject({ acked: true });

  for (const user of ['guest-lee', 'kim']) {
    await thread.clickOn(user, message, /^approve/i);
    await thread.see(toldOnly(/You may not approve changes here. These people may: mira@brightloaf/), user);
  }
  await thread.clickOn('mira', message, /^approve/i);
  await thread.see(toldOnly(/You are the only one who asked for this change/), 'mira');
  await thread.clickOn('jonas', message, /^approve/i);
  await thread.see(toldOnly(/1 of 2\. One more person has to approve/), 'jonas');
  const counted = await thread.see(turnsInto(message, /Approved by Jonas Weber: 1 of 2/));
  expect(toldOnly(/1 of 2/)(await thread.messages('mira'))).toBeUndefined();
  await thread.clickOn('sana', counted, /^approve & merge$/i);

  const merged = await thread.see(turnsInto(message, /Merged into main by Sana Qureshi/));
  const shown = JSON.stringify(merged.blocks);
  const commit = notes.git('rev-parse', 'main');
  expect(shown).toMatch(new RegExp(`https://code\\.example/notes/\\S*${commit.slice(0, 12)}`));
  expect(shown).toMatch(/"type":"date","format":.*"timestamp":\d+/);
  expect(labelsOf(merged)).toEqual(['Revert']);
  await thread.see(says(/Sana Qureshi merged threadsmith\/\S+ into main/));

  await thread.clickOn('jonas', merged, /^revert$/i);
  const { message: revert } = await thread.see(offers(/^approve \(1 of 2\)$/i, { after: message.ts }));
  expect(readable(revert)).toMatch(/Takes back the merge/);
  expect(labelsOf(revert)).not.toContain('Try 3 ways');
  expect(notes.git('show', 'main:notes.md')).toContain('six');
}

/** Guests and people of other organisations are told who may, and nothing begins. */
export async function strangers({ ask, stack }: Bakery): Promise<void> {
  for (const user of ['guest-lee', 'kim']) {
    const thread = await ask(user, 'strangers', 'open at six');
    const told = await thread.see(toldOnly(/You may not start work here\. These people may/), user);
    expect(readable(told)).toContain('every full member of this workspace');
  }
  const asked = JSON.stringify(await stack.model.control('GET', '/requests?since=0'));
  expect(asked).not.toMatch(/request from=.{0,5}(?:Lee|Kim)/);
}

/** The work of two threads that were pushed to meanwhile is not merged: what changed is shown and brought in. */
export async function blocked({ ask, script, idle, notes, modal }: Bakery): Promise<void> {
  const risk = { verdict: 'fail', reasons: ['Nobody asked for a file of its own.'] };
  const judge = { role: 'judge', system_matches: 'judge|reviewer', priority: 20 };
  await script('On foot', [{ say: JSON.stringify(risk) }], judge);
  await script('write the way', [
    runs('echo On foot. >> foot.md'),
    { say: 'Written down.' },
    // What the review says comes back once, and the agent stands by what it did.
    { say: 'Written down in a file of its own.' },
  ]);
  await script('Bring this branch up to date', [{ say: 'It is up to date.' }]);
  const thread = await ask('mira', 'blocked', 'write the way');
  const { message } = await thread.see(offers(/^approve/i));
  inOrder(readable(message), [
    'hours',
    'Risks that the review found',
    'Nobody asked for',
    'foot.md',
    'Asked by',
  ]);
  const branch = /threadsmith\/[\w-]+/.exec(readable(message))?.[0] ?? '';
  notes.commit({ 'by-hand.md': 'Pushed by hand.\n' }, branch, 'By hand');
  await thread.clickOn('jonas', message, /^approve/i);
  await thread.see(turnsInto(message, /Approved by Jonas Weber: 1 of 2/));
  await thread.clickOn('sana', message, /^approve & merge$/i);
  const refused = await thread.see(says(/Not merged: the branch has moved/));
  await idle(thread);
  await thread.clickOn('mira', refused, /^show what changed$/i);
  expect(JSON.stringify((await modal('mira')).blocks)).toContain('Pushed by hand.');
  await thread.clickOn('mira', refused, /^update branch$/i);
  const next = await thread.see(offers(/^approve \(1 of 2\)$/i, { after: refused.ts }));
  expect(readable(next.message)).toContain('by-hand.md');
}

function tasksOf(message: Message): readonly (readonly [string, string])[] {
  const plan = (message.blocks ?? []).find(({ type }) => type === 'plan');
  const tasks: unknown = plan?.['tasks'];
  if (!Array.isArray(tasks)) return [];
  return tasks.map((task: unknown) => {
    const { title, status }: { title?: unknown; status?: unknown } = Object(task);
    return [String(title), String(status)] as const;
  });
}

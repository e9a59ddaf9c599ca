// What a turn of ten minutes costs Slack. Nobody waits for them: the rows' times are moved back, tick by tick, while
// the real bot draws and sends what is due.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventBody } from '../../core/event.ts';
import { MIRA, Stage, shortestGap, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const TICK_S = 5;
const TICKS = 120;
const COMMIT = 'a'.repeat(40);

/** What the worker reports in a tick of a busy turn: a first round whose checks fail, and a second one. */
function eventsOf(tick: number): EventBody[] {
  const marks: Record<number, EventBody[]> = {
    0: [{ type: 'phase.started', phase: 'prepare', detail: 'Fetching bakery' }],
    4: [
      { type: 'phase.finished', phase: 'prepare', ok: true, detail: '' },
      { type: 'phase.started', phase: 'agent', detail: 'Working on it' },
    ],
    70: [
      { type: 'phase.finished', phase: 'agent', ok: true, detail: '' },
      { type: 'phase.started', phase: 'verify', detail: 'Running the checks' },
    ],
    78: [
      { type: 'phase.finished', phase: 'verify', ok: false, detail: 'a check failed' },
      { type: 'phase.started', phase: 'agent', detail: 'Mending what the verification found' },
    ],
    100: [
      { type: 'phase.finished', phase: 'agent', ok: true, detail: '' },
      { type: 'phase.started', phase: 'verify', detail: 'Running the checks' },
    ],
    112: [
      { type: 'phase.finished', phase: 'verify', ok: true, detail: '' },
      { type: 'phase.started', phase: 'publish', detail: '' },
    ],
  };
  const tool = (part: string): EventBody[] => [
    { type: 'tool.started', tool: 'shell', summary: `npm test -- part-${tick}-${part}` },
    { type: 'tool.finished', tool: 'shell', summary: 'done', ok: true, durationMs: 900 },
  ];
  const plan: EventBody[] =
    tick % 10 === 5
      ? [{ type: 'plan.updated', steps: [{ title: `Step ${tick}`, status: 'in_progress' }] }]
      : [];
  return [...(marks[tick] ?? []), ...tool('a'), ...plan, ...tool('b').slice(0, 1)];
}

describe('a turn of ten minutes', () => {
  let stage: Stage;
  let worker: WorkerHand;
  beforeAll(async () => {
    stage = await Stage.start();
    worker = new WorkerHand(stage);
  });
  afterAll(async () => stage.close());

  /** Everything reported is drawn, and nothing that is due waits. */
  const settled = () =>
    until(async () => {
      const rows = await stage.rows(
        `select 1 from event left join presentation on presentation.turn_id = event.turn_id
         where event.turn_id is not null and event.id > coalesce(presentation.event_id, 0)
         union all
         select 1 from delivery where sent_version < version and abandoned is null
           and (next_at <= now() or leased_until is not null) limit 1`,
      );
      return rows.length === 0;
    });
  /** What Slack took; a call that it asks to make later is the same call. */
  const made = async () => (await stage.allCalls()).filter(({ status }) => status !== 429);
  const passes = async (seconds: number) => {
    const back = `interval '${seconds} seconds'`;
    await stage.rows(
      `update delivery set next_at = next_at - ${back}, sent_at = sent_at - ${back}, created_at = created_at - ${back} returning 1`,
    );
    await stage.rows(`update presentation set at = at - ${back} returning 1`);
    await stage.rows(`update event set at = at - ${back} returning 1`);
  };

  it('makes at most 40 calls, and updates its message at most once in two seconds', async () => {
    const root = await stage.slack.say('@threadsmith rebuild the cart', { user: MIRA });
    const turn = await until(async () => {
      const found = await stage.turn();
      return found.state === 'queued' && found;
    });
    await settled();
    const lease = await worker.claim(turn.id);
    await stage.rows(`update turn set lease_until = now() + interval '1 hour' where id = ? returning 1`, [
      turn.id,
    ]);
    const updates: number[] = [];
    const isUpdate = ({ method }: { readonly method: string }) => method === 'chat.update';
    for (let tick = 0; tick < TICKS; tick += 1) {
      await worker.report(lease, ...eventsOf(tick));
      await settled();
      const shown = (await made()).filter(isUpdate).map(({ at }) => Date.parse(at));
      // A tick is longer than two seconds, but takes less: only on a machine that is slow there is a second one in it.
      expect(shortestGap(shown.slice(updates.at(-1) ?? 0))).toBeGreaterThan(1_900);
      updates.push(shown.length);
      await passes(TICK_S);
    }
    await worker.finishChange(lease, { commit: COMMIT });
    await until(async () => String((await stage.answers(root))[0]?.['text']).startsWith('Ready to merge'));

    const calls = (await made()).map(({ method }) => method);
    const ofStart = calls.filter((method) => method === 'auth.test' || method === 'apps.connections.open');
    const counted = calls.length - ofStart.length;
    expect(counted).toBeLessThanOrEqual(40);
    // It moved all along: never a whole minute without a sign of life.
    const stillest = Math.max(
      ...updates.map((count, tick) => updates.slice(tick).filter((later) => later === count).length),
    );
    expect(stillest * TICK_S).toBeLessThanOrEqual(60);
    expect(calls.filter((method) => method === 'chat.postMessage')).toHaveLength(1);
  });
});

// A Home tab is drawn by one drawing at a time: one that waits for Slack must not overwrite what was read after it.
import { expect, it } from 'vitest';
import { watchHomes } from '../../bot/home/watch.ts';
import { createLog } from '../../core/log.ts';

it('a tab shows in the end what was read last, however long Slack takes for the drawing before', async () => {
  let rows = 'before';
  const shown: string[] = [];
  const slack = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let draws = 0;
  const homes = watchHomes(
    async () => {
      const read = rows;
      await slack[draws++]?.promise;
      shown.push(read);
    },
    createLog({ level: 'error' }),
  );
  const first = homes.redraw('T1', 'U1');
  rows = 'after';
  // Two more wishes are one drawing: it has not read anything yet.
  const others = [homes.redraw('T1', 'U1'), homes.redraw('T1', 'U1')];
  slack[1]?.resolve();
  slack[0]?.resolve();
  await Promise.all([first, ...others]);
  expect(shown).toEqual(['before', 'after']);
  homes.close();
});

it('a drawing that fails is told to whoever wanted it, and the next one is drawn', async () => {
  let draws = 0;
  const homes = watchHomes(
    async () => {
      if (++draws === 1) throw new Error('Slack is away');
    },
    createLog({ level: 'error' }),
  );
  const failed = homes.redraw('T1', 'U1');
  const next = homes.redraw('T1', 'U1');
  await expect(failed).rejects.toThrow('Slack is away');
  await next;
  expect(draws).toBe(2);
  homes.close();
});

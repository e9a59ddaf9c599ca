// The gallery shows every kind of message, and Slack would take each of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateMessage } from '../../blocks/rules/validate.ts';
import { galleryStates } from '../../scripts/gallery/states.ts';
import { dangers, viewProblems } from './safety.ts';

const states = galleryStates();
const PEOPLE = ['U0MARA111', 'U0JON2222'];

describe('the gallery', () => {
  test.each(states.map((state) => [state.title, state] as const))('%s', (_title, state) => {
    const problems =
      state.surface === 'message' ? validateMessage(state) : viewProblems(state.view, state.surface);
    expect(problems).toEqual([]);
    const shown = state.surface === 'message' ? state : { blocks: state.view };
    expect(dangers(shown, PEOPLE)).toEqual([]);
  });

  test('has each message and each modal that blocks/ makes', () => {
    const folder = join(import.meta.dirname, '../../blocks');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const made = files.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [
        ...text.matchAll(/^export function (\w+)\([^)]*\): (?:FittedMessage|ModalView|HomeView)/gm),
      ].map(([, name]) => name);
    });
    const gallery = join(import.meta.dirname, '../../scripts/gallery');
    const shown = readdirSync(gallery)
      .map((file) => readFileSync(join(gallery, file), 'utf8'))
      .join('\n');
    // These choose one of the others, or fit it.
    const inside = [
      'turnMessage',
      'finishedMessage',
      'changeMessage',
      'mergedMessage',
      'discardedMessage',
      'fit',
      'fitWithRest',
      'lineMessage',
    ];
    expect(made.length).toBeGreaterThan(20);
    expect(made.filter((name) => name && !inside.includes(name) && !shown.includes(`${name}(`))).toEqual([]);
  });

  test('has no title twice', () => {
    const titles = states.map((state) => state.title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

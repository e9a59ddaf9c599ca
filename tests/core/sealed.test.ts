// Secrets at rest open with their key and name only.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../core/sealed.ts';

describe('a sealed secret', () => {
  const key = randomBytes(32);
  const sealer = createSealer(key);

  it('opens with its key and its name, and is another text each time', () => {
    const sealed = sealer.seal('xoxb-secret', 'T1');
    expect(createSealer(key).open(sealed, 'T1')).toBe('xoxb-secret');
    expect(sealed.toString('latin1')).not.toContain('xoxb');
    expect(sealer.seal('xoxb-secret', 'T1').equals(sealed)).toBe(false);
  });

  it('does not open with another key, under another name, or changed', () => {
    const sealed = sealer.seal('xoxb-secret', 'T1');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const open of [
      () => createSealer(randomBytes(32)).open(sealed, 'T1'),
      () => sealer.open(sealed, 'T2'),
      () => sealer.open(changed, 'T1'),
      () => sealer.open(Buffer.alloc(0), 'T1'),
    ])
      expect(open).toThrow('SLACK_TOKEN_KEY');
    expect(sealer.derive('one')).not.toBe(sealer.derive('another'));
  });
});

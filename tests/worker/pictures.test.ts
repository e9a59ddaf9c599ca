// Pictures from a sandbox: encoded afresh or refused, compared, and made into a recording.
import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import type { ArtifactStore, NewArtifact } from '../../core/artifact.ts';
import { cleanPictures } from '../../worker/pictures/clean-artifacts.ts';
import { animateFrames, comparePictures, rewritePicture } from '../../worker/pictures/jobs.ts';

const WHITE = [255, 255, 255] as const;
const BLUE = [20, 60, 200] as const;
const FRAME = [224, 30, 90] as const;

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A store that is asked to keep what came through the cleaning. */
function storeInto(saved: NewArtifact[]): ArtifactStore {
  return cleanPictures({
    save: async ({ content, ...named }) => {
      saved.push({ ...named, content });
      return { ...named, id: 'a', sessionId: 's', turnId: null, sizeBytes: content.length };
    },
    read: () => Promise.reject(new Error('nothing is read here')),
  });
}

function picture(width: number, height: number, spots: readonly Spot[] = []): Buffer {
  const png = new PNG({ width, height });
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isIn = spots.some(
        (spot) => x >= spot.x && x < spot.x + spot.width && y >= spot.y && y < spot.y + spot.height,
      );
      png.data.set([...(isIn ? BLUE : WHITE), 255], (y * width + x) * 4);
    }
  }
  return PNG.sync.write(png);
}

function colourIn({ data, width }: PNG): (x: number, y: number) => readonly number[] {
  return (x, y) => [...data.subarray((y * width + x) * 4).subarray(0, 3)];
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(content.length, 0);
  around.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([around.subarray(0, 4), typed, around.subarray(4)]);
}

function header(width: number, height: number, interlaced: boolean): Buffer {
  const ihdr = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, interlaced ? 1 : 0]);
  ihdr.writeUInt32BE(width, 0);
  ihdr.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', ihdr)]);
}

const end = chunk('IEND', Buffer.alloc(0));

describe('a picture that is kept', () => {
  test('has the same pixels, and nothing else of what came', async () => {
    const plain = picture(60, 40, [{ x: 5, y: 5, width: 10, height: 10 }]);
    const secret = chunk('tEXt', Buffer.from('Comment\0planted words'));
    const dirty = Buffer.concat([plain.subarray(0, 33), secret, plain.subarray(33), Buffer.from('<script>')]);
    const { type, content } = await rewritePicture(dirty);
    expect(type).toBe('image/png');
    expect(PNG.sync.read(Buffer.from(content)).data).toEqual(PNG.sync.read(plain).data);
    expect(Buffer.from(content).includes('planted')).toBe(false);
    expect(Buffer.from(content).includes('<script>')).toBe(false);
  });

  test('is a JPEG where it came as one, without its comments', async () => {
    const data = Buffer.alloc(32 * 32 * 4, 120);
    const jpeg = encode({ width: 32, height: 32, data, comments: ['planted words'] }, 90).data;
    expect(jpeg.includes('planted')).toBe(true);
    const { type, content } = await rewritePicture(jpeg);
    expect(type).toBe('image/jpeg');
    expect(Buffer.from(content).includes('planted')).toBe(false);
  });

  test.each([
    ['is text', Buffer.from('<svg onload="alert(1)">')],
    ['ends in its middle', picture(50, 50).subarray(0, 60)],
    ['claims a size of gigabytes', Buffer.concat([header(100_000, 100_000, false), end])],
    [
      'unpacks to far more than its size',
      Buffer.concat([header(10, 10, true), chunk('IDAT', deflateSync(Buffer.alloc(200 * 1024 ** 2))), end]),
    ],
    ['is a GIF', Buffer.from('GIF89a\x01\x00\x01\x00', 'latin1')],
  ])('is none that %s', async (_what, content) => {
    await expect(rewritePicture(content)).rejects.toMatchObject({ code: 'artifact_refused' });
  });

  test.each<[string, string, RegExp]>([
    ['a GIF', 'GIF89a\x01\x00\x01\x00', /in the format GIF/],
    ['a WebP', 'RIFF\x24\0\0\0WEBPVP8 ', /in the format WebP/],
    ['a bitmap', 'BM\x36\x10\0\0\0\0\0\0\x36\0', /in the format BMP/],
    ['a TIFF', 'II*\0\x08\0\0\0', /in the format TIFF/],
    ['an AVIF', '\0\0\0\x20ftypavif\0\0\0\0', /in the format AVIF/],
    ['an icon', '\0\0\x01\0\x01\0\x10\x10', /an icon file/],
  ])('is refused in one sentence where it is %s under another name', async (_what, bytes, words) => {
    const store = cleanPictures({
      save: () => Promise.reject(new Error('nothing may be saved here')),
      read: () => Promise.reject(new Error('nothing is read here')),
    });
    const named = {
      kind: 'file',
      name: 'data.bin',
      mimeType: 'application/octet-stream',
      altText: '',
    } as const;
    const message = expect.stringMatching(words);
    const saving = store.save({ ...named, content: Buffer.from(bytes, 'latin1') });
    await expect(saving).rejects.toMatchObject({ code: 'artifact_refused', message });
  });

  test('may be text that begins like one', async () => {
    const saved: NewArtifact[] = [];
    const store = storeInto(saved);
    const named = { kind: 'file', mimeType: 'text/plain', altText: '' } as const;
    const texts = ['BM is a word here', 'GIF is a format', 'RIFF and WEBP', 'II* is a name'];
    for (const name of texts) await store.save({ ...named, name, content: Buffer.from(name) });
    expect(saved.map(({ name }) => name)).toEqual(texts);
  });

  test('is told by its content, not by its name', async () => {
    const saved: NewArtifact[] = [];
    const store = storeInto(saved);
    const dirty = Buffer.concat([picture(8, 8), Buffer.from('behind the end')]);
    const named = {
      kind: 'file',
      name: 'data.bin',
      mimeType: 'application/octet-stream',
      altText: '',
    } as const;
    await store.save({ ...named, content: dirty });
    await store.save({ ...named, content: Buffer.from('plain data') });
    expect(saved.map(({ mimeType }) => mimeType)).toEqual(['image/png', 'application/octet-stream']);
    expect(Buffer.from(saved[0]?.content ?? []).includes('behind')).toBe(false);
    const fake = { ...named, mimeType: 'image/png', content: Buffer.from('not one') };
    await expect(store.save(fake)).rejects.toMatchObject({ code: 'artifact_refused' });
  });
});

describe('two pictures of a page', () => {
  test('look the same where a few pixels are off', async () => {
    const noise = picture(300, 200, [{ x: 9, y: 9, width: 3, height: 3 }]);
    expect(await comparePictures(picture(300, 200), noise)).toMatchObject({ regions: [], picture: null });
  });

  test('differ where something moved, and the places are framed in one picture', async () => {
    const before = picture(1280, 800, [{ x: 100, y: 100, width: 40, height: 16 }]);
    const after = picture(1280, 800, [
      { x: 100, y: 100, width: 40, height: 16 },
      { x: 320, y: 240, width: 24, height: 24 },
    ]);
    const found = await comparePictures(before, after);
    expect(found.regions).toEqual([{ x: 320, y: 240, width: 24, height: 24 }]);
    expect(found.changedShare).toBeCloseTo(576 / (1280 * 800), 6);
    expect(found.picture?.beside).toBe(true);
    const shown = PNG.sync.read(Buffer.from(found.picture?.png ?? []));
    expect([shown.width, shown.height]).toEqual([480 * 2 + 16, 320]);
    // The part of the page is around the change; its frame is drawn in both halves.
    const at = colourIn(shown);
    const [left, top] = [320 - (332 - 240), 240 - (252 - 160)];
    expect(at(left - 9, top + 5)).toEqual([...FRAME]);
    expect(at(left + 496 - 9, top + 5)).toEqual([...FRAME]);
    expect(at(left + 5, top + 5)).toEqual([...WHITE]);
    expect(at(left + 496 + 5, top + 5)).toEqual([...BLUE]);
  });

  test('have 8 px between a change and its frame, which ends at the edges of the page', async () => {
    const inside = { x: 320, y: 240, width: 64, height: 64 };
    const corner = { x: 0, y: 0, width: 64, height: 64 };
    const found = await comparePictures(picture(480, 320), picture(480, 320, [inside, corner]));
    const at = colourIn(PNG.sync.read(Buffer.from(found.picture?.png ?? [])));
    for (const [x, y] of [
      [319, 270],
      [312, 270],
      [384, 270],
      [391, 270],
      [350, 239],
      [350, 232],
      [350, 304],
      [350, 311],
      [64, 30],
      [71, 30],
    ] as const)
      expect([x, y, ...at(x, y)]).toEqual([x, y, ...WHITE]);
    for (const [x, y] of [
      [311, 270],
      [392, 270],
      [350, 231],
      [350, 312],
      [72, 30],
      [0, 30],
      [2, 30],
      [30, 0],
    ] as const)
      expect([x, y, ...at(x, y)]).toEqual([x, y, ...FRAME]);
  });

  test('differ by what a longer page has more, and wide parts stand one above the other', async () => {
    const found = await comparePictures(picture(1280, 400), picture(1280, 700));
    expect(found.regions).toEqual([{ x: 0, y: 400, width: 1280, height: 300 }]);
    expect(found.picture?.beside).toBe(false);
  });
});

describe('a recording', () => {
  test('is a moving picture of the frames that differ', async () => {
    const frames = [0, 0, 40, 80].map((x, index) => ({
      content: picture(160, 100, [{ x, y: 20, width: 30, height: 30 }]),
      atMs: index * 200,
    }));
    const gif = Buffer.from((await animateFrames(frames)) ?? []);
    expect(gif.toString('latin1', 0, 6)).toBe('GIF89a');
    expect([gif.readUInt16LE(6), gif.readUInt16LE(8)]).toEqual([160, 100]);
    expect(gif.toString('latin1').split('\x21\xf9\x04').length - 1).toBe(3);
  });

  test('of a page that stands still is none', async () => {
    const content = picture(20, 20);
    expect(
      await animateFrames([
        { content, atMs: 0 },
        { content, atMs: 100 },
      ]),
    ).toBeNull();
  });
});

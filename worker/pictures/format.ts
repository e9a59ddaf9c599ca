// Recognises pictures by their first bytes, because names and declared types may be wrong.

export type PictureFormat =
  | 'PNG'
  | 'JPEG'
  | 'GIF'
  | 'WebP'
  | 'BMP'
  | 'TIFF'
  | 'AVIF or HEIC'
  | 'JPEG XL'
  | 'icon';

/** The first bytes of files, in Latin-1. `.` stands for any byte. */
const BEGINNINGS: readonly (readonly [RegExp, PictureFormat])[] = [
  [/^\x89PNG\r\n\x1a\n/s, 'PNG'],
  [/^\xff\xd8\xff/s, 'JPEG'],
  [/^GIF8[79]a/s, 'GIF'],
  [/^RIFF....WEBP/s, 'WebP'],
  // The size and four zero bytes must follow, because text may begin with these two letters too.
  [/^BM....\0\0\0\0/s, 'BMP'],
  [/^(?:II[*+]\0|MM\0[*+])/s, 'TIFF'],
  [/^....ftyp(?:avi[fs]|hei[cfmsx]|hev[cx]|mi[af]1|msf1)/s, 'AVIF or HEIC'],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n)/s, 'JPEG XL'],
  [/^\0\0[\x01\x02]\0[\x01-\xff]\0/s, 'icon'],
];
const LONGEST_BEGINNING = 16;

/** The format of a picture that programs show as one, or null for anything else. */
export function formatOf(content: Uint8Array): PictureFormat | null {
  const head = Buffer.from(content.subarray(0, LONGEST_BEGINNING)).toString('latin1');
  return BEGINNINGS.find(([beginning]) => beginning.test(head))?.[1] ?? null;
}

const SEEN_BY_MODELS: Readonly<Partial<Record<PictureFormat, string>>> = {
  PNG: 'image/png',
  JPEG: 'image/jpeg',
  GIF: 'image/gif',
  WebP: 'image/webp',
};

/** The type of a picture that models can see, or null for anything else. */
export function imageTypeOf(content: Uint8Array): string | null {
  const format = formatOf(content);
  return format === null ? null : (SEEN_BY_MODELS[format] ?? null);
}

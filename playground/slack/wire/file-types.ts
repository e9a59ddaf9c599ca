// What a file is, from its first bytes and its name: Slack looks at both.
import { extname } from 'node:path';

export interface FileKind {
  mimetype: string;
  filetype: string;
  width?: number;
  height?: number;
}

const BY_EXTENSION: Record<string, FileKind> = {
  '.txt': { mimetype: 'text/plain', filetype: 'text' },
  '.log': { mimetype: 'text/plain', filetype: 'text' },
  '.md': { mimetype: 'text/markdown', filetype: 'markdown' },
  '.diff': { mimetype: 'text/x-diff', filetype: 'diff' },
  '.patch': { mimetype: 'text/x-diff', filetype: 'diff' },
  '.json': { mimetype: 'application/json', filetype: 'json' },
  '.html': { mimetype: 'text/html', filetype: 'html' },
  '.csv': { mimetype: 'text/csv', filetype: 'csv' },
  '.ts': { mimetype: 'text/plain', filetype: 'typescript' },
  '.js': { mimetype: 'text/javascript', filetype: 'javascript' },
  '.zip': { mimetype: 'application/zip', filetype: 'zip' },
  '.webm': { mimetype: 'video/webm', filetype: 'webm' },
  '.mp4': { mimetype: 'video/mp4', filetype: 'mp4' },
  '.svg': { mimetype: 'image/svg+xml', filetype: 'svg' },
};

/** The type of a file; for PNG, GIF and JPEG its size in pixels too. */
export function sniffFile(name: string, bytes: Buffer): FileKind {
  return sniffImage(bytes) ?? BY_EXTENSION[extname(name).toLowerCase()] ?? fallback(bytes);
}

function sniffImage(bytes: Buffer): FileKind | undefined {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return {
      mimetype: 'image/png',
      filetype: 'png',
      width: bytes.readUInt32BE(16),
      height: bytes.readUInt32BE(20),
    };
  }
  if (bytes.length >= 10 && bytes.subarray(0, 4).toString('latin1') === 'GIF8') {
    return {
      mimetype: 'image/gif',
      filetype: 'gif',
      width: bytes.readUInt16LE(6),
      height: bytes.readUInt16LE(8),
    };
  }
  if (bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8) {
    return { mimetype: 'image/jpeg', filetype: 'jpg', ...jpegSize(bytes) };
  }
  if (bytes.length >= 12 && bytes.subarray(8, 12).toString('latin1') === 'WEBP') {
    return { mimetype: 'image/webp', filetype: 'webp' };
  }
  if (bytes.subarray(0, 5).toString('latin1') === '%PDF-')
    return { mimetype: 'application/pdf', filetype: 'pdf' };
  return undefined;
}

/** Walks the JPEG's segments to the frame header, which has the size. */
function jpegSize(bytes: Buffer): { width?: number; height?: number } {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return {};
}

function fallback(bytes: Buffer): FileKind {
  const start = bytes.subarray(0, 4096);
  return start.includes(0)
    ? { mimetype: 'application/octet-stream', filetype: 'binary' }
    : { mimetype: 'text/plain', filetype: 'text' };
}

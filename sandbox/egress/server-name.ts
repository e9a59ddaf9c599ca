// Reads the name that a TLS client asks for from the first bytes of a tunnel: a tunnel to an allowed host must not carry
// a request for another host at the same address.

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HEADER_BYTES = 5;
export const HELLO_MAX_BYTES = 16 * 1024 + HEADER_BYTES;

export type Hello =
  | { readonly kind: 'more' }
  | { readonly kind: 'name'; readonly name: string }
  /** TLS without a name, or with an encrypted one. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'other' };

/** Reads a client hello, or says that it needs more bytes. Never throws. */
export function readServerName(bytes: Buffer): Hello {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return { kind: 'other' };
  if (bytes.length < HEADER_BYTES) return { kind: 'more' };
  const end = HEADER_BYTES + bytes.readUInt16BE(3);
  if (end > HELLO_MAX_BYTES) return { kind: 'other' };
  if (bytes.length < end) return { kind: 'more' };
  try {
    return nameIn(bytes.subarray(HEADER_BYTES, end));
  } catch {
    return { kind: 'other' };
  }
}

function nameIn(hello: Buffer): Hello {
  if (hello.readUInt8(0) !== CLIENT_HELLO) return { kind: 'other' };
  // Type and length, version, random; then session id, cipher suites and compression, each with its length.
  let offset = 4 + 2 + 32;
  offset += 1 + hello.readUInt8(offset);
  offset += 2 + hello.readUInt16BE(offset);
  offset += 1 + hello.readUInt8(offset);
  if (offset + 2 > hello.length) return { kind: 'unnamed' };
  const end = offset + 2 + hello.readUInt16BE(offset);
  offset += 2;
  while (offset + 4 <= end) {
    const type = hello.readUInt16BE(offset);
    const length = hello.readUInt16BE(offset + 2);
    offset += 4;
    if (type === SERVER_NAME_EXTENSION) {
      // A list with one entry: its length, the kind of name, the name's length, the name.
      const size = hello.readUInt16BE(offset + 3);
      return { kind: 'name', name: hello.toString('latin1', offset + 5, offset + 5 + size).toLowerCase() };
    }
    offset += length;
  }
  return { kind: 'unnamed' };
}

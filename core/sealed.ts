// Seals secrets at rest with AES-256-GCM, under keys that are derived from the one in the environment.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { ThreadsmithError } from './errors.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export interface Sealer {
  /** Seals a text so that it only opens under the same name: a row's secret does not open in another row. */
  seal(text: string, name: string): Buffer;
  /** Opens what `seal` made. Throws `config_invalid` for another key or another name. */
  open(sealed: Uint8Array, name: string): string;
  /** Derives a secret for another purpose from the same key. */
  derive(purpose: string): string;
}

/** Makes a sealer with this key of 32 bytes. */
export function createSealer(key: Uint8Array): Sealer {
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `threadsmith ${purpose}`, KEY_BYTES));
  const own = derived('sealed secrets');
  return {
    seal: (text, name) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', own, nonce);
      cipher.setAAD(Buffer.from(name));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open: (sealed, name) => {
      const bytes = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(name));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new ThreadsmithError(
          'config_invalid',
          'A stored secret does not open with the key in SLACK_TOKEN_KEY.',
          'Set the key that it was stored with, or install the app in that workspace again.',
          { cause },
        );
      }
    },
    derive: (purpose) => derived(purpose).toString('hex'),
  };
}

// A certificate authority for one sandbox's proxy, used for the few hosts whose requests the proxy has to read. Its key
// never leaves this process, and only that sandbox trusts its certificate.
import { createHash, randomBytes } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
} from 'pkijs';

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1 */
const OID = {
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  subjectKey: '2.5.29.14',
  authorityKey: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
};
const DNS_NAME = 2;
/** A byte of named bits, and how many bits at its end are unused. */
const MAY_SIGN_CERTIFICATES = [0x04, 2] as const;
const MAY_SIGN = [0x80, 7] as const;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks differ a little; a turn ends long before. */
const VALID_DAYS = 7;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
/** An engine of this file, so that no global of the library is set. */
const engine = new CryptoEngine({ name: 'node', crypto });

export interface Authority {
  /** PEM. The sandbox has to trust it. */
  readonly certificate: string;
  /** A TLS context with a certificate for this host, made at the first call for it. */
  contextFor(host: string): Promise<SecureContext>;
}

/** Makes an authority with a new key. */
export async function createAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const name = `Threadsmith sandbox ${randomBytes(4).toString('hex')}`;
  const keyId = await keyIdOf(keys.publicKey);
  const certificate = await sign(name, name, keys, keys, [
    new Extension({
      extnID: OID.basicConstraints,
      critical: true,
      extnValue: new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema().toBER(false),
    }),
    keyUsage(MAY_SIGN_CERTIFICATES),
    new Extension({ extnID: OID.subjectKey, extnValue: keyId.toBER(false) }),
  ]);
  const contexts = new Map<string, Promise<SecureContext>>();
  const make = async (host: string): Promise<SecureContext> => {
    const own = await newKeys();
    const cert = await sign(host, name, own, keys, [
      new Extension({
        extnID: OID.subjectAltName,
        extnValue: new GeneralNames({ names: [new GeneralName({ type: DNS_NAME, value: host })] })
          .toSchema()
          .toBER(false),
      }),
      keyUsage(MAY_SIGN),
      // Python 3.13 and newer refuse a chain that does not name its keys.
      new Extension({
        extnID: OID.authorityKey,
        extnValue: new AuthorityKeyIdentifier({ keyIdentifier: keyId }).toSchema().toBER(false),
      }),
      new Extension({
        extnID: OID.extKeyUsage,
        extnValue: new ExtKeyUsage({ keyPurposes: [OID.serverAuth] }).toSchema().toBER(false),
      }),
    ]);
    const key = await crypto.subtle.exportKey('pkcs8', own.privateKey);
    return createSecureContext({ cert, key: pem('PRIVATE KEY', key), minVersion: 'TLSv1.2' });
  };
  return {
    certificate,
    contextFor: (host) => {
      const known = contexts.get(host) ?? make(host);
      contexts.set(host, known);
      return known;
    },
  };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function sign(
  subject: string,
  issuer: string,
  keys: CryptoKeyPair,
  issuerKeys: CryptoKeyPair,
  extensions: Extension[],
): Promise<string> {
  const certificate = new Certificate({ version: 2, extensions });
  certificate.serialNumber = new Integer({ valueHex: serialNumber() });
  certificate.subject.typesAndValues.push(commonName(subject));
  certificate.issuer.typesAndValues.push(commonName(issuer));
  certificate.notBefore.value = new Date(Date.now() - DAY_MS);
  certificate.notAfter.value = new Date(Date.now() + VALID_DAYS * DAY_MS);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  await certificate.sign(issuerKeys.privateKey, 'SHA-256', engine);
  return pem('CERTIFICATE', certificate.toSchema(true).toBER(false));
}

/** Positive and 16 bytes long. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function commonName(value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({
    type: OID.commonName,
    value: new Utf8String({ value: value.slice(0, 64) }),
  });
}

async function keyIdOf(key: CryptoKey): Promise<OctetString> {
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', key));
  return new OctetString({ valueHex: new Uint8Array(createHash('sha1').update(spki).digest()).buffer });
}

function keyUsage([bits, unusedBits]: readonly [number, number]): Extension {
  const value = new BitString({ valueHex: new Uint8Array([bits]).buffer, unusedBits });
  return new Extension({ extnID: OID.keyUsage, critical: true, extnValue: value.toBER(false) });
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

// Reads what egress takes from the worker's machine: the authorities that it trusts and npm's registry. In a company
// both are often its own.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { type EgressRule, parseDestination, TLS_PORT } from '../port/network-policy.ts';

export const SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

/** The machine's certificates as PEM, or Node's own where the machine has no bundle. Never throws. */
export function machineCertificates(file = SYSTEM_CA_FILE): Promise<string> {
  return readFile(file, 'utf8').catch(() => rootCertificates.join('\n'));
}

export interface Registry {
  readonly url: string;
  /** Its reach is `anywhere`, because the operator's own machine uses it. */
  readonly rule: EgressRule;
}

/** The npm registry that is named, else the one that npm is set to here; undefined where it holds credentials. */
export async function npmRegistry(named?: string): Promise<Registry | undefined> {
  const url = named ?? (await machineRegistry());
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { username, password, search, host } = new URL(url);
  const destination = parseDestination(host, TLS_PORT);
  if (username !== '' || password !== '' || search !== '' || destination === undefined) return undefined;
  return { url, rule: { host: destination.host, ports: [destination.port], reach: 'anywhere' } };
}

function machineRegistry(): Promise<string | undefined> {
  return promisify(execFile)('npm', ['config', 'get', 'registry'])
    .then(({ stdout }) => stdout.trim())
    .catch(() => undefined);
}

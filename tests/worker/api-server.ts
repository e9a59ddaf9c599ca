// An API by HTTPS on this machine, with a certificate of its own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ApiServer {
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly seen: { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** Answers each request with its path and the credential that came along. */
export async function startApiServer(name: string): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-api-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test',
  ];
  execFileSync(
    'openssl',
    ['req', '-x509', ...args, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const seen: ApiServer['seen'] = [];
  const server = createServer(pair, (request, response) => {
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, headers });
    response.end(`hello from ${path}, you sent ${headers.authorization ?? 'nothing'}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    certificate: pair.cert.toString(),
    seen,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

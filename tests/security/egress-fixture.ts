// A real sandbox with egress to servers of the tests on this machine's loopback, under names of their own. The rules for
// them reach `anywhere`, which no configuration of a repo can give.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgressReport } from '../../sandbox/egress/admission.ts';
import { machineCertificates } from '../../sandbox/egress/machine.ts';
import { type Egress, openEgress } from '../../sandbox/egress/open-egress.ts';
import type { EgressTraffic } from '../../sandbox/egress/traffic.ts';
import type { EgressPolicy } from '../../sandbox/port/network-policy.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { openTestEngine, type TestEngine } from '../sandbox/engine.ts';

/** One request as the server got it. */
export interface SeenRequest {
  readonly host: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Ports {
  readonly plain: number;
  readonly tls: number;
  readonly raw: number;
}

export interface EgressFixture {
  readonly engine: TestEngine;
  readonly sandbox: Sandbox;
  readonly ports: Ports;
  /** The certificate of the TLS server. */
  readonly certificate: string;
  readonly seen: SeenRequest[];
  readonly reports: EgressReport[];
  readonly ended: { readonly report: EgressReport; readonly traffic: EgressTraffic }[];
  readonly lookups: string[];
  /** Names and their addresses; other names do not exist. */
  readonly names: Map<string, readonly string[]>;
  /** Opens egress again, as a worker that takes over does. */
  open(policy: EgressPolicy, certificates?: string): Promise<Egress>;
  /** Runs a line with the variables of the proxy. */
  run(
    line: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly text: string }>;
  forget(): void;
  close(): Promise<void>;
}

/** `names` are those of the TLS server's certificate. */
export async function openEgressFixture(
  key: string,
  names: readonly string[],
  answer: (request: SeenRequest, response: ServerResponse) => void,
): Promise<EgressFixture> {
  const engine = openTestEngine();
  const image = await engine.provider.ensureImage(() => {});
  const sandbox = await engine.provider.open({ key, image });
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-egress-'));
  const { key: tlsKey, cert } = makeCertificate(folder, names);
  const seen: SeenRequest[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { headers, method = '', url = '' } = request;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const one = { host: headers.host ?? '', method, url, headers, body };
      seen.push(one);
      answer(one, response);
    });
  };
  const servers = [
    createServer(listener),
    createTlsServer({ key: tlsKey, cert }, listener),
    createTcpServer((socket) => {
      seen.push({ host: 'raw', method: '', url: '', headers: {}, body: '' });
      socket.on('error', () => {});
      socket.end('raw');
    }),
  ];
  const [plain = 0, tls = 0, raw = 0] = await Promise.all(servers.map(listen));
  const known = new Map<string, readonly string[]>();
  const reports: EgressReport[] = [];
  const ended: EgressFixture['ended'] = [];
  const lookups: string[] = [];
  const opened: Egress[] = [];
  let runs = 0;
  return {
    engine,
    sandbox,
    ports: { plain, tls, raw },
    certificate: cert.toString(),
    seen,
    reports,
    ended,
    lookups,
    names: known,
    open: async (policy, certificates = '') => {
      const egress = await openEgress(sandbox, {
        policy,
        certificates: `${certificates}${await machineCertificates()}`,
        lookup: async (host) => {
          lookups.push(host);
          const found = known.get(host);
          if (found === undefined) throw new Error('ENOTFOUND');
          return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        },
        onRequest: (report) => reports.push(report),
        onEnd: (report, traffic) => ended.push({ report, traffic }),
      });
      opened.push(egress);
      return egress;
    },
    run: async (line, env) => {
      runs += 1;
      const command = { id: `e${runs}`, argv: ['bash', '-c', line], timeoutMs: 120_000 };
      const result = await sandbox.run({ ...command, env: env ?? opened.at(-1)?.env ?? {} });
      return { code: result.exitCode, text: result.output.text };
    },
    forget: () => {
      for (const list of [seen, reports, ended, lookups]) list.length = 0;
    },
    close: async () => {
      for (const egress of opened) egress.close();
      for (const server of servers) server.close();
      rmSync(folder, { recursive: true });
      await engine.provider.remove(key);
      await engine.close();
    },
  };
}

function makeCertificate(folder: string, names: readonly string[]): { key: Buffer; cert: Buffer } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const altNames = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const subject = ['-subj', '/CN=test', '-addext', altNames];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

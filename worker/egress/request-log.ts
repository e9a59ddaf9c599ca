// Logs the requests of a turn: sums in an event every few seconds, and one line for each in an artifact at the end.
import type { ArtifactStore } from '../../core/artifact.ts';
import type { EventBody, NetworkUse } from '../../core/event.ts';
import type { EgressReport } from '../../sandbox/egress/admission.ts';
import type { EgressTraffic } from '../../sandbox/egress/traffic.ts';

/** Thousands of requests to one server are one line of the session's log. */
const EVENT_EVERY_MS = 10_000;
const MAX_USES = 50;
const MAX_LINES = 10_000;
const PATH_MAX_CHARS = 300;

export interface RequestLog {
  started(report: EgressReport): void;
  ended(report: EgressReport, traffic: EgressTraffic): void;
  /** Saves the artifact and the last event. Never throws. */
  close(): Promise<void>;
}

export interface RequestLogOptions {
  readonly report: (event: EventBody) => Promise<void>;
  readonly artifacts: ArtifactStore;
  readonly onError: (error: unknown) => void;
}

/** Opens a log without requests. */
export function openRequestLog({ report, artifacts, onError }: RequestLogOptions): RequestLog {
  const lines: string[] = [];
  const uses = new Map<string, NetworkUse>();
  const open = new Set<EgressReport>();
  let isClosed = false;
  let requests = 0;
  let others = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  const flush = (logArtifactId?: string): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const found = [...uses.values()];
    const rest = others;
    uses.clear();
    others = 0;
    if (found.length === 0 && rest === 0 && logArtifactId === undefined) return writing;
    const log = logArtifactId === undefined ? {} : { logArtifactId };
    writing = writing
      .then(() => report({ type: 'network.used', uses: found, others: rest, ...log }))
      .catch(onError);
    return writing;
  };

  const add = (of: EgressReport, counted: number, { sentBytes, receivedBytes }: Bytes): void => {
    timer ??= setTimeout(() => void flush(), EVENT_EVERY_MS);
    const { method, host, port, refused } = of;
    const key = JSON.stringify([method, host, port, refused]);
    const known = uses.get(key);
    if (known === undefined && uses.size >= MAX_USES) {
      others += counted;
      return;
    }
    uses.set(key, {
      method,
      host,
      port,
      requests: (known?.requests ?? 0) + counted,
      sentBytes: (known?.sentBytes ?? 0) + sentBytes,
      receivedBytes: (known?.receivedBytes ?? 0) + receivedBytes,
      refused,
    });
  };

  const write = (of: EgressReport, outcome: string): void => {
    requests += 1;
    if (lines.length >= MAX_LINES) return;
    const path = (of.path ?? '').slice(0, PATH_MAX_CHARS);
    lines.push(`${new Date().toISOString()} ${of.method} ${of.host}:${of.port}${path} ${outcome}`);
  };

  return {
    started: (of) => {
      if (isClosed) return;
      add(of, 1, { sentBytes: 0, receivedBytes: 0 });
      if (of.refused !== null) write(of, `refused: ${of.refused}`);
      else open.add(of);
    },
    ended: (of, traffic) => {
      if (isClosed) return;
      open.delete(of);
      add(of, 0, traffic);
      write(of, `${traffic.status ?? '-'} sent=${traffic.sentBytes} received=${traffic.receivedBytes}`);
    },
    close: async () => {
      isClosed = true;
      for (const of of open) write(of, 'not ended');
      open.clear();
      if (requests === 0) return flush();
      const left = requests - lines.length;
      const text = [...lines, ...(left > 0 ? [`… and ${left} more`] : []), ''].join('\n');
      try {
        const artifact = await artifacts.save({
          kind: 'log',
          name: 'network.log',
          mimeType: 'text/plain',
          altText: '',
          content: new TextEncoder().encode(text),
        });
        await flush(artifact.id);
      } catch (error) {
        onError(error);
        await flush();
      }
    },
  };
}

type Bytes = Pick<EgressTraffic, 'sentBytes' | 'receivedBytes'>;

// The local Slack workspace as one HTTP server: Slack's Web API and Socket Mode, the control API, the page.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readGallery } from './control/gallery.ts';
import { handleControl } from './control/routes.ts';
import { HttpTransport } from './delivery/http.ts';
import { Outbound } from './delivery/outbound.ts';
import { SocketServer } from './delivery/socket.ts';
import type { Envelope } from './delivery/transport.ts';
import { ChangeHub } from './records/changes.ts';
import { TimestampSource } from './records/ids.ts';
import { Journal } from './records/journal.ts';
import { applyManifest, type Manifest } from './records/manifest.ts';
import { Store } from './records/store.ts';
import { ResponseUrls, Triggers } from './records/tickets.ts';
import { Timers } from './records/timers.ts';
import { servePrivateFile, takeUpload } from './routes/file-routes.ts';
import { handleResponseUrl } from './routes/respond.ts';
import { handleApiCall } from './routes/web-api.ts';
import { type FaultKind, Faults } from './wire/faults.ts';
import { BadRequest, sendJson, sendText } from './wire/http-body.ts';
import { RateLimits } from './wire/rate-limits.ts';
import { servePage } from './wire/static-page.ts';
import { Workspace } from './workspace/workspace.ts';

const DEADLINE_MS = 3_000;
/** Node's own 5 s end a connection under a client that a busy machine keeps from noticing. */
const KEEP_ALIVE_MS = 120_000;

export interface WorkspaceOptions {
  /** 0 or absent: any free port. */
  port?: number;
  /** Where the workspace is kept; created if missing. */
  dataDir: string;
  /** The app's manifest, applied at every start. */
  manifest?: Manifest;
  /** What the gallery shows until somebody puts something else there. */
  gallery?: unknown;
  /** What Slack's waits are multiplied by (default 1); acks and trigger ids are not scaled. */
  timeScale?: number;
  /** How long the app has to acknowledge, and how long a trigger id lives (default: Slack's 3 s). */
  deadlineMs?: number;
}

export interface RunningWorkspace {
  url: string;
  workspace: Workspace;
  /** Ends connections and timers and writes the state; safe to call twice. */
  close(): Promise<void>;
}

/** Starts a workspace on the loopback address; resolves once it listens. */
export async function startWorkspace(options: WorkspaceOptions): Promise<RunningWorkspace> {
  const store = await Store.open(options.dataDir);
  if (options.manifest !== undefined) applyManifest(store.state.app, options.manifest);
  const workspace = compose(store, options);
  if (options.gallery !== undefined) workspace.gallery = readGallery(options.gallery);
  const { services } = workspace;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    route(workspace, request, response).catch((error: unknown) => fail(response, error));
  });
  server.on('upgrade', (request, socket, head) => services.sockets.upgrade(request, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  workspace.baseUrl = `http://127.0.0.1:${portOf(server.address())}`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    services.timers.close();
    services.sockets.close();
    services.hub.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await store.flush();
  };
  return {
    url: workspace.baseUrl,
    workspace,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function compose(store: Store, options: WorkspaceOptions): Workspace {
  const ackTimeoutMs = options.deadlineMs ?? DEADLINE_MS;
  const timers = new Timers(options.timeScale ?? 1);
  const faults = new Faults();
  const journal = new Journal();
  const state = () => store.state;
  const hub = new ChangeHub(state);
  const timestamps = new TimestampSource();
  for (const messages of Object.values(store.state.messages)) {
    for (const message of messages) timestamps.advancePast(message.ts);
  }
  const strikes = (fault: FaultKind, { kind, payload }: Envelope): boolean => {
    const event = payload['event'];
    const type = typeof event === 'object' && event !== null && 'type' in event ? String(event.type) : kind;
    return faults.takeForEvent(fault, type, undefined) !== undefined;
  };
  const http = new HttpTransport({
    app: () => store.state.app,
    ackTimeoutMs,
    losesAnswer: (envelope) => strikes('answer_lost', envelope),
  });
  const sockets = new SocketServer({
    timers,
    ackTimeoutMs,
    appId: () => store.state.app.app_id,
    onConnections: (count) => {
      hub.publish({ type: 'connection', connected: store.state.app.delivery === 'http' || count > 0 });
      if (count > 0 && store.state.app.delivery === 'socket') outbound.connected();
    },
    cutAfterSending: (envelope) => strikes('socket_disconnect', envelope),
  });
  const transport = () => (store.state.app.delivery === 'http' ? http : sockets);
  const outbound = new Outbound({ state, transport, faults, journal, timers });
  return new Workspace({
    store,
    hub,
    timers,
    timestamps,
    faults,
    limits: new RateLimits(timers),
    journal,
    triggers: new Triggers(ackTimeoutMs),
    responseUrls: new ResponseUrls(timers),
    sockets,
    http,
    outbound,
  });
}

async function route(ws: Workspace, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', ws.baseUrl);
  const path = url.pathname;
  if (path.startsWith('/api/')) return handleApiCall(ws, path.slice(5), request, response, url.searchParams);
  if (path.startsWith('/control/')) return handleControl(ws, request, response, url);
  if (await spoilt(ws, path, response)) return;
  if (path.startsWith('/upload/v1/')) return takeUpload(ws, path.slice(11), request, response);
  if (path.startsWith('/files-pri/')) return servePrivateFile(ws, path, request, response);
  if (path.startsWith('/actions/')) return handleResponseUrl(ws, path.slice(9), request, response);
  return servePage(path, response);
}

/** Faults ordered for paths outside /api: true when one has answered. */
async function spoilt(ws: Workspace, path: string, response: ServerResponse): Promise<boolean> {
  const fault = ws.services.faults.takeForCall({ path });
  if (fault === undefined) return false;
  switch (fault.kind) {
    case 'slow':
      await ws.services.timers.sleep(fault.ms ?? 1000);
      return false;
    case 'http_503':
      sendText(response, 503, 'unavailable');
      return true;
    case 'rate_limited':
      response.setHeader('retry-after', String(fault.retry_after ?? 1));
      sendText(response, 429, 'ratelimited');
      return true;
    case 'hang':
      await ws.services.timers.sleep(fault.ms ?? 60_000);
      response.destroy();
      return true;
    default:
      sendText(response, 500, 'error');
      return true;
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof BadRequest) {
    sendJson(response, error.status, { ok: false, error: error.message });
    return;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`playground: a request failed: ${detail}\n`);
  sendJson(response, 500, { ok: false, error: 'internal_error' });
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return address.port;
}

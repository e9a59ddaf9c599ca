// The control API: everything a test or the page does that Slack's own API has no method for.
// Documented in playground/README.md.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Dict } from '../records/records.ts';
import { serveBytes } from '../routes/file-routes.ts';
import { parseJsonObject, readBytes, sendJson } from '../wire/http-body.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { adminRoutes } from './admin.ts';
import { galleryRoutes } from './gallery.ts';
import { interactionRoutes } from './interactions.ts';
import { postingRoutes } from './posting.ts';
import { readingRoutes } from './reading.ts';
import { ControlRefusal, type Route } from './route.ts';

const ROUTES: Record<string, Route> = {
  ...adminRoutes,
  ...galleryRoutes,
  ...interactionRoutes,
  ...postingRoutes,
  ...readingRoutes,
};

export async function handleControl(
  ws: Workspace,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const path = url.pathname.slice('/control'.length);
  if (!isLocal(request)) {
    sendJson(response, 403, { ok: false, error: 'only_from_this_machine' });
    return;
  }
  if (path === '/stream') {
    ws.services.hub.subscribe(response, url.searchParams.get('as') ?? undefined);
    return;
  }
  if (path.startsWith('/files/')) {
    await serveBytes(ws, ws.state.files[path.slice('/files/'.length)], response);
    return;
  }
  const route = ROUTES[`${request.method} ${path}`];
  if (route === undefined) {
    sendJson(response, 404, { ok: false, error: 'unknown_control_route' });
    return;
  }
  const input: Dict = Object.fromEntries(url.searchParams);
  if (request.method !== 'GET') Object.assign(input, parseJsonObject(await readBytes(request)));
  await answer(() => route(ws, input), response);
}

async function answer(run: () => unknown, response: ServerResponse): Promise<void> {
  try {
    sendJson(response, 200, await run());
  } catch (error) {
    if (error instanceof ControlRefusal)
      sendJson(response, error.status, { ok: false, error: error.message });
    else if (error instanceof SlackRefusal)
      sendJson(response, 400, { ok: false, error: error.slackError, ...error.detail });
    else if (error instanceof z.ZodError)
      sendJson(response, 400, { ok: false, error: z.prettifyError(error) });
    else throw error;
  }
}

/** Keeps web pages of other origins, and names that resolve to this machine, away from the tokens. */
function isLocal(request: IncomingMessage): boolean {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) return false;
  const origin = request.headers.origin;
  return origin === undefined || origin === `http://${request.headers.host}`;
}

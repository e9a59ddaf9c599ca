// Serves one attached worker: answers the request of each channel that it opens.
import type { Socket } from 'node:net';
import type { CommandTable } from './commands.ts';
import { readInto, writeFrom } from './files.ts';
import { ownIsolation } from './isolation.ts';
import type { Listeners } from './listeners.ts';
import { parseRequest } from './parse-request.ts';
import { joinPort } from './ports.ts';
import type { HelloFields, Request } from './protocol.ts';
import { finish, refuse } from './replies.ts';
import { type Channel, Connection } from './wire.ts';

export interface Attached {
  fence: number;
  readonly close: (reason: string) => void;
}

export interface ToolhostState {
  readonly version: number;
  readonly commands: CommandTable;
  readonly listeners: Listeners;
  readonly connections: ReadonlySet<Attached>;
}

/** Answers the requests of one worker until it detaches. Its commands go on afterwards. */
export function serveConnection(socket: Socket, state: ToolhostState): Attached {
  const attached: Attached = { fence: -1, close: (reason) => connection.close(reason) };
  const connection = new Connection(socket, 'toolhost', {
    onOpen: (channel, value) => {
      const request = parseRequest(value);
      if (request === undefined)
        return refuse(channel, 'bad_request', 'no operation of this toolhost, or not of its shape');
      if (request.op === 'hello') return hello(channel, request, attached, state);
      if (attached.fence < 0) return refuse(channel, 'bad_request', 'hello comes first');
      if (request.op === 'listen') return state.listeners.listen(channel, connection, request.port);
      answer(channel, request, state);
    },
    onClose: () => {},
  });
  return attached;
}

/** Attaches a worker, and detaches workers with an older claim. Refuses it where one with a newer claim is attached. */
function hello(
  channel: Channel,
  request: Extract<Request, { op: 'hello' }>,
  attached: Attached,
  { version, connections }: ToolhostState,
): void {
  const others = [...connections].filter((other) => other !== attached);
  if (others.some((other) => other.fence > request.fence)) {
    return refuse(channel, 'fenced', 'a newer claim is attached');
  }
  attached.fence = request.fence;
  for (const other of others) if (other.fence < request.fence) other.close('a newer claim attached');
  const fields: HelloFields = { version, ...ownIsolation() };
  finish(channel, { ...fields });
}

function answer(
  channel: Channel,
  request: Exclude<Request, { op: 'hello' | 'listen' }>,
  { commands }: ToolhostState,
): void {
  switch (request.op) {
    case 'run':
      return commands.request(channel, request);
    case 'kill':
      commands.signal(request.id, request.signal);
      return finish(channel, {});
    case 'stop':
      commands.stop(request.id);
      return finish(channel, {});
    case 'read':
      return void readInto(channel, request.path, request.maxBytes);
    case 'write':
      return void writeFrom(channel, request.path);
    case 'connect':
      return void joinPort(channel, request.port, request.waitMs);
    case 'ping':
      return finish(channel, {});
  }
}

// The toolhost: the main process of a sandbox. It runs commands, keeps their results, and moves files and connections
// for the worker that is attached; it goes on when none is. It imports nothing but Node.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { CommandTable } from './commands.ts';
import { watchDisk } from './disk-watch.ts';
import { Listeners } from './listeners.ts';
import { PROTOCOL_VERSION, SOCKET_PATH } from './protocol.ts';
import { serveConnection } from './requests.ts';

const [, , storeDir = '/work/.toolhost', diskBytes = '0'] = process.argv;

mkdirSync(dirname(SOCKET_PATH), { recursive: true });
rmSync(SOCKET_PATH, { force: true });
const commands = new CommandTable(storeDir);
watchDisk(Number(diskBytes), commands);

const listeners = new Listeners();
const connections = new Set<{ fence: number; close: (reason: string) => void }>();
const server = createServer({ allowHalfOpen: false }, (socket) => {
  const attached = serveConnection(socket, { version: PROTOCOL_VERSION, commands, listeners, connections });
  connections.add(attached);
  socket.once('close', () => connections.delete(attached));
});
server.listen(SOCKET_PATH, () => chmodSync(SOCKET_PATH, 0o600));

// An error in one request must not end the commands of all others.
process.on('uncaughtException', (error) =>
  process.stderr.write(`toolhost: ${error.stack ?? error.message}\n`),
);
process.on('SIGTERM', () => process.exit(0));

// Opens a byte stream to a container's toolhost: one hijacked exec of a small relay to its socket.
import { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { SOCKET_PATH } from '../toolhost/inside/protocol.ts';
import { BlockParser } from './container-exec.ts';

/**
 * The relay waits for a toolhost that is just starting, which is faster than another exec. It waits as long as the
 * longest hello, and reads its input only once it is connected, so a relay that was given up runs on until then.
 */
const RELAY = ['socat', '-b', '65536', '-', `UNIX-CONNECT:${SOCKET_PATH},retry=6000,interval=0.01`];

/** Opens the stream. It ends when the relay, the toolhost or the container does. */
export async function openToolhostStream(container: Docker.Container): Promise<Duplex> {
  const exec = await container.exec({
    Cmd: RELAY,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: false,
  });
  return new RelayStream(await exec.start({ hijack: true, stdin: true }));
}

/** Takes the content out of the engine's blocks, and passes output on as it is. */
class RelayStream extends Duplex {
  private readonly raw: Duplex;
  private readonly parser = new BlockParser();

  constructor(raw: Duplex) {
    super({ allowHalfOpen: false });
    this.raw = raw;
    raw.on('data', (chunk: Buffer) => {
      for (const part of this.parser.push(chunk)) if (!this.push(part)) raw.pause();
    });
    raw.on('end', () => this.push(null));
    raw.on('error', (error) => this.destroy(error));
    raw.on('close', () => this.destroy());
  }

  override _read(): void {
    this.raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.raw.write(chunk)) done();
    else this.raw.once('drain', done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.raw.destroy();
    done(error);
  }
}

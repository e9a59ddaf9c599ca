// Many channels over the one byte stream between a worker and a toolhost, used by both ends.
//
// Every channel is a duplex byte stream with its own window, so that one slow reader never holds up the
// others, and also carries messages (a JSON value with a body). The other end may be hostile: each bound
// is checked, and the first violation ends the connection.
import { Duplex } from 'node:stream';
import { EMPTY, type Frame, FrameReader, type FrameType, frameHead, type Json, WireError } from './frames.ts';

/** Bytes that one end may send on a channel before the other has taken them. */
const WINDOW_BYTES = 2 * 1024 * 1024;
const CHUNK_MAX_BYTES = 256 * 1024;
const MAX_CHANNELS = 512;
const MAX_EARLY_MESSAGES = 4;

/** One of many byte streams of a connection; also carries messages. */
export class Channel extends Duplex {
  private listener: ((value: Json, body: Buffer) => void) | undefined;
  private early: { value: Json; body: Buffer }[] = [];
  private readonly id: number;
  private readonly connection: Connection;
  private sendWindow = WINDOW_BYTES;
  private receiveWindow = WINDOW_BYTES;
  private untold = 0;
  private waiting: { chunk: Buffer; done: (error?: Error | null) => void } | undefined;
  private endedByPeer = false;

  constructor(connection: Connection, id: number) {
    super({ highWaterMark: 256 * 1024, allowHalfOpen: true, emitClose: true });
    this.connection = connection;
    this.id = id;
    // Without a listener a reset would end the process.
    this.on('error', () => {});
  }

  /** Sends a message. It has to be small: messages do not count in the window. */
  post(value: Json, body: Buffer = EMPTY): void {
    if (!this.destroyed) this.connection.send('message', this.id, value, body);
  }

  /** Calls `listener` for each message in order, also for those that arrived before this call. */
  onMessage(listener: (value: Json, body: Buffer) => void): void {
    this.listener = listener;
    for (const { value, body } of this.early.splice(0)) listener(value, body);
  }

  receive(frame: Frame): void {
    if (frame.type === 'message') this.takeMessage(frame.value, frame.body);
    else if (frame.type === 'data') this.takeData(frame.body);
    else if (frame.type === 'window') this.widen(frame.value);
    else if (frame.type === 'end') {
      if (this.endedByPeer) return;
      this.endedByPeer = true;
      this.push(null);
    } else if (frame.type === 'reset') {
      this.connection.forget(this.id);
      this.destroy(new WireError(typeof frame.value === 'string' ? frame.value.slice(0, 500) : 'reset'));
    }
  }

  private takeMessage(value: Json, body: Buffer): void {
    if (this.listener !== undefined) return this.listener(value, body);
    if (this.early.length >= MAX_EARLY_MESSAGES) throw new WireError('messages that nobody asked for');
    this.early.push({ value, body });
  }

  private takeData(body: Buffer): void {
    this.receiveWindow -= body.length;
    if (this.receiveWindow < 0 || this.endedByPeer)
      throw new WireError('a channel sent more than its window');
    this.untold += body.length;
    if (this.push(body)) this.grant();
  }

  private grant(): void {
    if (this.untold < WINDOW_BYTES / 4) return;
    this.receiveWindow += this.untold;
    this.connection.send('window', this.id, this.untold);
    this.untold = 0;
  }

  private widen(value: Json): void {
    if (typeof value !== 'number' || !(value > 0)) throw new WireError('a window that is not a number');
    this.sendWindow = Math.min(WINDOW_BYTES, this.sendWindow + value);
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.pump(waiting.chunk, waiting.done);
  }

  private pump(chunk: Buffer, done: (error?: Error | null) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      const size = Math.min(chunk.length - offset, this.sendWindow, CHUNK_MAX_BYTES);
      if (size === 0) {
        this.waiting = { chunk: chunk.subarray(offset), done };
        return;
      }
      this.sendWindow -= size;
      this.connection.send('data', this.id, null, chunk.subarray(offset, offset + size));
      offset += size;
    }
    done();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.pump(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection.send('end', this.id, null);
    done();
  }

  override _read(): void {
    this.grant();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOver = this.endedByPeer && this.writableFinished;
    if (!isOver && this.connection.knows(this.id)) {
      this.connection.send('reset', this.id, error === null ? 'closed' : error.message);
    }
    this.connection.forget(this.id);
    this.waiting?.done(error ?? new WireError('closed'));
    this.waiting = undefined;
    done(error);
  }
}

export interface ConnectionEvents {
  /** Gets a channel that the other end opened. Without it the other end may open none. */
  readonly onOpen?: (channel: Channel, value: Json, body: Buffer) => void;
  /** Called once, when the connection is over and all its channels are destroyed. */
  readonly onClose: (reason: string) => void;
}

/** Which end of a connection this is: the worker numbers its channels oddly, the toolhost evenly. */
export type End = 'worker' | 'toolhost';

/** Channels over one duplex byte stream. */
export class Connection {
  private readonly stream: Duplex;
  private readonly events: ConnectionEvents;
  private readonly channels = new Map<number, Channel>();
  private readonly reader = new FrameReader();
  private lastOwnId: number;
  private lastPeerId: number;
  private closed = false;

  constructor(stream: Duplex, end: End, events: ConnectionEvents) {
    this.stream = stream;
    this.events = events;
    this.lastOwnId = end === 'worker' ? -1 : 0;
    this.lastPeerId = end === 'worker' ? 0 : -1;
    stream.on('data', (chunk: Buffer) => this.take(chunk));
    stream.on('error', (error) => this.close(error.message));
    stream.on('end', () => this.close('the stream ended'));
    stream.on('close', () => this.close('the stream closed'));
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Opens a channel with a first message. */
  open(value: Json, body: Buffer = EMPTY): Channel {
    this.lastOwnId += 2;
    const channel = new Channel(this, this.lastOwnId);
    if (this.closed) {
      channel.destroy(new WireError('the connection is closed'));
      return channel;
    }
    this.channels.set(this.lastOwnId, channel);
    this.send('open', this.lastOwnId, value, body);
    return channel;
  }

  close(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    const open = [...this.channels.values()];
    this.channels.clear();
    this.stream.destroy();
    for (const channel of open) channel.destroy(new WireError(reason));
    this.events.onClose(reason);
  }

  send(type: FrameType, channel: number, value: Json, body: Buffer = EMPTY): void {
    if (this.closed) return;
    const head = frameHead({ type, channel, value, body });
    if (body.length === 0) {
      this.stream.write(head);
      return;
    }
    this.stream.cork();
    this.stream.write(head);
    this.stream.write(body);
    this.stream.uncork();
  }

  knows(id: number): boolean {
    return !this.closed && this.channels.has(id);
  }

  forget(id: number): void {
    this.channels.delete(id);
  }

  private take(chunk: Buffer): void {
    try {
      for (const frame of this.reader.push(chunk)) this.dispatch(frame);
    } catch (thrown) {
      this.close(thrown instanceof Error ? thrown.message : 'a frame that could not be read');
    }
  }

  private dispatch(frame: Frame): void {
    if (frame.type !== 'open') {
      // Frames for a channel that this end has closed are late, not wrong.
      this.channels.get(frame.channel)?.receive(frame);
      return;
    }
    const { onOpen } = this.events;
    if (onOpen === undefined) throw new WireError('the other end may not open channels');
    const isNext = frame.channel > this.lastPeerId && (frame.channel - this.lastPeerId) % 2 === 0;
    if (!isNext) throw new WireError('a channel number that is not the next');
    if (this.channels.size >= MAX_CHANNELS) throw new WireError('too many channels');
    this.lastPeerId = frame.channel;
    const channel = new Channel(this, frame.channel);
    this.channels.set(frame.channel, channel);
    onOpen(channel, frame.value, frame.body);
  }
}

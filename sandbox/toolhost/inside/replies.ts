// Sends the last message of a request's channel: the result or the reason of a failure.
import type { Json } from './frames.ts';
import type { FailCode } from './protocol.ts';
import type { Channel } from './wire.ts';

/** Answers with the operation's fields. */
export function finish(channel: Channel, fields: { [name: string]: Json }, body?: Buffer): void {
  channel.post({ ok: true, ...fields }, body);
  channel.end();
  channel.resume();
}

/** Answers with the reason of a failure. */
export function refuse(channel: Channel, code: FailCode, reason: string): void {
  channel.post({ ok: false, code, reason: reason.slice(0, 500) });
  channel.end();
  channel.resume();
}

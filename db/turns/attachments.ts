// What came with somebody's words, out of everything that is known of a turn.
import type { Attachments, TurnDetails } from '../entities/session.ts';

/** The part of a turn's details that came with its words. */
export function attachmentsOf({ forwarded, files, filesLeft, links }: TurnDetails): Attachments {
  return {
    ...(forwarded === undefined ? {} : { forwarded }),
    ...(files === undefined ? {} : { files }),
    ...(filesLeft === undefined ? {} : { filesLeft }),
    ...(links === undefined ? {} : { links }),
  };
}

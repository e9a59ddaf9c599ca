// What came with somebody's words, out of everything that is known of a turn.
import type { Given, TurnDetails } from '../entities/session.ts';

/** The part of a turn's details that came with its words. */
export function givenIn({ forwarded, files, filesLeft, links }: TurnDetails): Given {
  return {
    ...(forwarded === undefined ? {} : { forwarded }),
    ...(files === undefined ? {} : { files }),
    ...(filesLeft === undefined ? {} : { filesLeft }),
    ...(links === undefined ? {} : { links }),
  };
}

// A session as one line of a list: its title as a link to the thread, its status, its repo.
import type { RichTextElement } from '@slack/types';
import type { SessionLine, SessionStatus } from '../../core/session-status.ts';
import { code, link, moment, words } from '../parts/rich.ts';
import { oneLine } from '../rules/text.ts';

/** A session with the address of its thread, as Slack links it. */
export interface ListedSession extends SessionLine {
  readonly url: string;
}

export const statusWords: Record<SessionStatus, string> = {
  asks: 'waits for your answer',
  to_review: 'ready for review',
  failed: 'failed',
  working: 'at work',
  queued: 'queued',
  answered: 'answered',
  stopped: 'stopped',
  merged: 'merged',
  discarded: 'discarded',
};

/** One session as a line of rich text. */
export function sessionLine(session: ListedSession): readonly RichTextElement[] {
  const title = oneLine(session.title, 100) || 'Untitled request';
  return [
    link(session.url, title),
    ...words(` · ${statusWords[session.status]}`, { bold: true }),
    ...words(session.repo === null ? ' · ' : ' · '),
    ...(session.repo === null ? [] : [...code(session.repo, 60), ...words(' · ')]),
    moment(session.at),
  ];
}

/** One session as plain text. */
export function sessionInWords(session: ListedSession): string {
  return `${oneLine(session.title, 100) || 'Untitled request'}: ${statusWords[session.status]}`;
}

// The line of large type above a message.
import type { HeaderBlock } from '@slack/types';
import { HEADER_TEXT_MAX } from './limits.ts';
import { plain } from './message.ts';
import { oneLine } from './text.ts';

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(oneLine(text, HEADER_TEXT_MAX), HEADER_TEXT_MAX) };
}

// The line of large type above a message.
import type { HeaderBlock } from '@slack/types';
import { HEADER_TEXT_MAX } from '../rules/limits.ts';
import { oneLine } from '../rules/text.ts';
import { plain } from './message.ts';

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(oneLine(text, HEADER_TEXT_MAX), HEADER_TEXT_MAX) };
}

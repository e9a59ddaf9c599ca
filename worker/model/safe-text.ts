// Makes text from model servers safe to keep, and text for them safe to send.
import { parseJson } from '../../core/parse.ts';

/** The text without NUL and lone surrogates: PostgreSQL's jsonb refuses both, and some servers do. */
export function keepable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/**
 * Arguments as they may be sent back. Chat templates of several servers parse them and answer 400 or 500
 * for ever once the model has written invalid JSON, so that is wrapped.
 */
export function sendableArguments(argumentsText: string): string {
  if (argumentsText.trim() === '') return '{}';
  return isJson(argumentsText) ? argumentsText : JSON.stringify({ invalid_json: argumentsText });
}

export function isJson(text: string): boolean {
  return parseJson(text) !== undefined;
}

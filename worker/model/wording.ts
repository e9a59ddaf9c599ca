// Text that crosses the border to and from model servers, made safe to keep and to send back.
import { parseJson } from '../../core/parse.ts';

/** Without NUL and lone surrogates: PostgreSQL's jsonb refuses both, and some servers do. */
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

/** Stands where a picture was that can no longer be read. */
export function missingImage(artifactId: string): string {
  return `[The image ${artifactId} is no longer available.]`;
}

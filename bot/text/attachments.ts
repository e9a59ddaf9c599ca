// What comes with a message besides its words: files, and messages that were forwarded with it.
// https://docs.slack.dev/reference/objects/file-object
import { z } from 'zod';
import type { SlackFile } from '../../db/entities/session.ts';

const fileSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
  /** `external`, `tombstone`, `hidden_by_limit`: Slack has no content to give. */
  mode: z.string().nullish(),
  url_private_download: z.string().nullish(),
  url_private: z.string().nullish(),
});

const attachmentSchema = z.looseObject({
  is_share: z.boolean().optional(),
  is_msg_unfurl: z.boolean().optional(),
  author_name: z.string().optional(),
  text: z.string().optional(),
  fallback: z.string().optional(),
  from_url: z.string().optional(),
  files: z.array(fileSchema).nullish(),
});

export const attachmentsSchema = z.looseObject({
  files: z.array(fileSchema).nullish(),
  attachments: z.array(attachmentSchema).nullish(),
});

export interface Forwarded {
  readonly name: string;
  readonly text: string;
}

export interface MessageAttachments {
  readonly files: readonly SlackFile[];
  /** Messages that were forwarded or linked, with what they say. */
  readonly forwarded: readonly Forwarded[];
}

const FORWARDED_MAX = 10;
const FORWARDED_CHARS_MAX = 6_000;
const FILES_MAX = 30;

/** Reads what came with a message. */
export function readAttachments({
  files,
  attachments,
}: z.infer<typeof attachmentsSchema>): MessageAttachments {
  const shared = (attachments ?? []).filter(({ is_share, is_msg_unfurl }) => is_share || is_msg_unfurl);
  const all = [...(files ?? []), ...shared.flatMap((message) => message.files ?? [])];
  return {
    files: all.slice(0, FILES_MAX).map(toFile),
    forwarded: shared
      .map(({ author_name, text, fallback }) => ({
        name: author_name ?? 'somebody',
        text: (text || fallback || '').slice(0, FORWARDED_CHARS_MAX),
      }))
      .filter(({ text }) => text.trim() !== '')
      .slice(0, FORWARDED_MAX),
  };
}

function toFile(file: z.infer<typeof fileSchema>): SlackFile {
  const held = file.mode === 'external' || file.mode === 'tombstone' || file.mode === 'hidden_by_limit';
  return {
    id: file.id,
    name: file.name || 'a file',
    mimeType: file.mimetype || 'application/octet-stream',
    sizeBytes: file.size ?? null,
    url: held ? null : (file.url_private_download ?? file.url_private ?? null),
  };
}

// The content of a message as posting and updating methods take it, checked as Slack checks it.

import { checkBlocks } from '../blocks/check.ts';
import type { Dict } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** Slack cuts longer texts of new messages and refuses them in updates. */
export const MAX_TEXT_CHARS = 40_000;
const MAX_MARKDOWN_TEXT_CHARS = 12_000;
const MAX_ATTACHMENTS = 100;

export interface Content {
  text: string;
  blocks: Dict[] | undefined;
  attachments: Dict[] | undefined;
  metadata: Dict | undefined;
}

/** Reads and checks text, blocks, attachments, markdown_text and metadata; refuses an empty message. */
export function readContent(ws: Workspace, args: Args): Content {
  let text = args.text('text') ?? '';
  let blocks = args.objects('blocks', 'invalid_blocks_format');
  const attachments = args.objects('attachments', 'invalid_attachments');
  const markdown = args.text('markdown_text');
  if (markdown !== undefined) {
    if (text !== '' || blocks !== undefined) throw new SlackRefusal('markdown_text_conflict');
    if (markdown.length > MAX_MARKDOWN_TEXT_CHARS) throw new SlackRefusal('msg_too_long');
    text = markdown;
    blocks = [{ type: 'markdown', text: markdown }];
  }
  if (text.trim() === '' && isEmpty(blocks) && isEmpty(attachments)) throw new SlackRefusal('no_text');
  if (attachments !== undefined && attachments.length > MAX_ATTACHMENTS)
    throw new SlackRefusal('too_many_attachments');
  const checked = blocks === undefined ? undefined : checkBlocks(ws, blocks, 'message');
  return {
    text,
    blocks: checked,
    attachments: checkAttachments(ws, attachments),
    metadata: readMetadata(args),
  };
}

function isEmpty(list: Dict[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

function checkAttachments(ws: Workspace, attachments: Dict[] | undefined): Dict[] | undefined {
  return attachments?.map((attachment, index) => {
    const blocks = attachment['blocks'];
    if (blocks === undefined) return { id: index + 1, ...attachment };
    if (!Array.isArray(blocks)) throw new SlackRefusal('invalid_attachments');
    return {
      id: index + 1,
      ...attachment,
      blocks: checkBlocks(ws, blocks, 'message', `/attachments/${index}/blocks`),
    };
  });
}

export function readMetadata(args: Args): Dict | undefined {
  const metadata = args.object('metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  const payload = metadata['event_payload'];
  const wellFormed =
    typeof metadata['event_type'] === 'string' && typeof payload === 'object' && payload !== null;
  if (!wellFormed && metadata['entities'] === undefined) throw new SlackRefusal('invalid_metadata_format');
  return metadata;
}

// From journal entries to input items of the Responses API.
import type {
  ResponseInputImage,
  ResponseInputItem,
  ResponseInputText,
} from 'openai/resources/responses/responses';
import { z } from 'zod';
import type { ConversationEntry, MessageEntry, ResponseEntry, ToolResultEntry } from '../../core/journal.ts';
import type { ImageContent } from './model.ts';
import { outputItemSchema } from './responses-output.ts';
import { missingImage, sendableArguments } from './wording.ts';

export const RESPONSES_API = 'responses';

type Images = ReadonlyMap<string, ImageContent>;
type ContentPart = ResponseInputText | ResponseInputImage;

const inputItem = z.custom<ResponseInputItem>((value) => outputItemSchema.safeParse(value).success);

/**
 * The conversation as the API wants it. `model` decides whose reasoning goes back: a provider refuses
 * encrypted reasoning of another model.
 */
export function toInput(
  entries: readonly ConversationEntry[],
  images: Images,
  model: string,
): readonly ResponseInputItem[] {
  return entries.flatMap((entry) => {
    switch (entry.kind) {
      case 'message':
        return [fromMessage(entry, images)];
      case 'response':
        return fromResponse(entry, model);
      case 'tool_result':
        return [fromToolResult(entry, images)];
    }
  });
}

function fromMessage(entry: MessageEntry, images: Images): ResponseInputItem {
  const ids = entry.imageArtifactIds ?? [];
  return { role: 'user', content: ids.length === 0 ? entry.text : parts(entry.text, ids, images) };
}

function fromResponse(entry: ResponseEntry, model: string): readonly ResponseInputItem[] {
  const { opaque } = entry;
  if (opaque?.api === RESPONSES_API && entry.model === model) {
    // Parsed again so that the keys come in one order: jsonb does not keep it, and the prefix must not change.
    return opaque.items.map((item) => inputItem.parse(outputItemSchema.parse(item)));
  }
  const said: readonly ResponseInputItem[] =
    entry.text === '' ? [] : [{ role: 'assistant', content: entry.text }];
  const calls = entry.toolCalls.map(
    (call): ResponseInputItem => ({
      type: 'function_call',
      call_id: call.callId,
      name: call.name,
      arguments: sendableArguments(call.argumentsText),
    }),
  );
  return [...said, ...calls];
}

function fromToolResult(entry: ToolResultEntry, images: Images): ResponseInputItem {
  const ids = entry.imageArtifactIds ?? [];
  return {
    type: 'function_call_output',
    call_id: entry.callId,
    output: ids.length === 0 ? entry.output : parts(entry.output, ids, images),
  };
}

function parts(text: string, ids: readonly string[], images: Images): ContentPart[] {
  const pictures = ids.map((id): ContentPart => {
    const image = images.get(id);
    if (image === undefined) return { type: 'input_text', text: missingImage(id) };
    const url = `data:${image.mimeType};base64,${image.base64}`;
    return { type: 'input_image', image_url: url, detail: 'auto' };
  });
  return [{ type: 'input_text', text }, ...pictures];
}

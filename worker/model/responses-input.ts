// Turns journal entries into input items of the Responses API.
import type {
  ResponseInputImage,
  ResponseInputItem,
  ResponseInputText,
} from 'openai/resources/responses/responses';
import { z } from 'zod';
import type { ConversationEntry, ResponseEntry } from '../../core/journal.ts';
import { contentOf, type Images, type PartFormat } from './pictures.ts';
import { outputItemSchema } from './responses-output.ts';
import { sendableArguments } from './safe-text.ts';

const format: PartFormat<ResponseInputText | ResponseInputImage> = {
  text: (text) => ({ type: 'input_text', text }),
  picture: (url) => ({ type: 'input_image', image_url: url, detail: 'auto' }),
};

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
        return [{ role: 'user', content: contentOf(entry.text, entry.imageArtifactIds, images, format) }];
      case 'response':
        return fromResponse(entry, model);
      case 'tool_result':
        return [
          {
            type: 'function_call_output',
            call_id: entry.callId,
            output: contentOf(entry.output, entry.imageArtifactIds, images, format),
          },
        ];
    }
  });
}

function fromResponse(entry: ResponseEntry, model: string): readonly ResponseInputItem[] {
  const { opaque } = entry;
  if (opaque?.api === 'responses' && entry.model === model) {
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

// Pictures in messages and tool results, as both APIs take them: a text and then the pictures as data URLs.
import type { ImageContent } from './model.ts';

export type Images = ReadonlyMap<string, ImageContent>;

/** How an API writes the parts of a content. */
export interface PartFormat<Part> {
  text(text: string): Part;
  picture(url: string): Part;
}

/**
 * The text alone, or the text followed by the pictures with these artifact ids. A line of text takes the place of a
 * picture that can no longer be read.
 */
export function contentOf<Part>(
  text: string,
  ids: readonly string[] | undefined,
  images: Images,
  format: PartFormat<Part>,
): string | Part[] {
  if (ids === undefined || ids.length === 0) return text;
  const pictures = ids.map((id) => {
    const image = images.get(id);
    if (image === undefined) return format.text(`[The image ${id} is no longer available.]`);
    return format.picture(`data:${image.mimeType};base64,${image.base64}`);
  });
  return [format.text(text), ...pictures];
}

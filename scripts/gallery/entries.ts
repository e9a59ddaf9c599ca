// The entries of the gallery: messages, modals and Home tabs, each with a title.
import type { FittedMessage } from '../../blocks/parts/message.ts';

export type GalleryEntry =
  | {
      readonly title: string;
      readonly surface: 'message';
      readonly text: string;
      readonly blocks: readonly object[];
    }
  | { readonly title: string; readonly surface: 'modal' | 'home'; readonly view: object };

/** A message and the messages that continue it. */
export function entries(title: string, message: FittedMessage): GalleryEntry[] {
  return [message, ...message.overflow].map(({ text, blocks }, index) => ({
    title: index === 0 ? title : `${title} (goes on, ${index + 1})`,
    surface: 'message',
    text,
    blocks,
  }));
}

export function view(title: string, surface: 'modal' | 'home', shown: object): GalleryEntry {
  return { title, surface, view: shown };
}

// The gallery: messages and modals that somebody hands in to be looked at on /gallery, each with what
// Slack would say against it.
import { z } from 'zod';
import { findProblems } from '../blocks/check.ts';
import type { Dict } from '../records/records.ts';
import type { Route } from './route.ts';

const blocks = z.array(z.record(z.string(), z.unknown()));
const sample = z.object({
  title: z.string(),
  surface: z.enum(['message', 'modal', 'home']).default('message'),
  text: z.string().optional(),
  blocks: blocks.optional(),
  /** A modal or Home tab whole, instead of its blocks. */
  view: z.looseObject({ blocks }).optional(),
});
const gallery = z.object({ samples: z.array(sample) });

export const galleryRoutes: Record<string, Route> = {
  'GET /gallery': (ws) => ({ samples: ws.gallery }),
  'PUT /gallery': (ws, input) => {
    ws.gallery = readGallery(gallery.parse(input).samples);
    return { ok: true, samples: ws.gallery };
  },
};

/** Samples as the page shows them. Throws a ZodError for what are none. */
export function readGallery(samples: unknown): Dict[] {
  return gallery.shape.samples.parse(samples).map(({ view, ...rest }) => {
    const shown = rest.blocks ?? view?.blocks ?? [];
    return { ...rest, ...titleOf(view), blocks: shown, problems: problemsOf(shown, rest.surface) };
  });
}

function titleOf(view: Dict | undefined): Dict {
  return view === undefined
    ? {}
    : { view_title: view['title'], submit: view['submit'], close: view['close'] };
}

function problemsOf(shown: unknown[], surface: 'message' | 'modal' | 'home'): string[] {
  // Files in samples need not exist.
  return findProblems(shown, surface, '/blocks', () => undefined);
}

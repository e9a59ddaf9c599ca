// Results with changed pages, for the gallery.
import { resultMessage } from '../../blocks/messages/result.ts';
import type { PageComparison } from '../../core/page.ts';
import { entries, type GalleryEntry } from './entries.ts';
import { cart, change, changeResult } from './turns.ts';

/** The same page on a desktop and a phone, with what changed marked, and another page that looks as before. */
const pages: readonly PageComparison[] = [
  {
    ...cart,
    view: { viewport: 'desktop', dark: false },
    difference: {
      regions: [{ x: 1088, y: 352, width: 48, height: 24 }],
      changedShare: 0.0004,
      picture: { artifactId: 'cart-changes', beside: true },
    },
  },
  {
    ...cart,
    view: { viewport: 'phone', dark: false },
    difference: {
      regions: [{ x: 290, y: 1010, width: 48, height: 24 }],
      changedShare: 0.0009,
      picture: { artifactId: 'cart-phone-changes', beside: true },
    },
  },
  {
    name: 'Shop',
    path: '/',
    view: { viewport: 'desktop', dark: false },
    before: { artifactId: 'shop-before', consoleErrors: [], failedRequests: [], status: 200 },
    after: { artifactId: 'shop-after', consoleErrors: [], failedRequests: [], status: 200 },
    difference: { regions: [], changedShare: 0, picture: null },
  },
];

export function comparedPages(): GalleryEntry[] {
  const { verification } = changeResult();
  return entries(
    'Result: what changed on the pages, marked, on a desktop and a phone',
    resultMessage(
      change({
        files: {
          'cart-changes': 'F0CARTCHANGES',
          'cart-phone-changes': 'F0CARTPHONE',
          'cart-after': 'F0CARTAFTER',
          film: 'F0CARTFILM0',
        },
        result: changeResult({ verification: { ...verification, pages, recordingId: 'film' } }),
      }),
    ),
  );
}

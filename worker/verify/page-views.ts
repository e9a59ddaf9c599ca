// The views in which each page of a repo is photographed, and the shot of each.
import type { NamedShot, PageShot, PageView } from '../../core/page.ts';
import type { RepoPage } from '../workspace/repo-file.ts';

/** Up to this many pages, a phone's picture of each costs no noticeable time. */
const PHONE_BY_DEFAULT_MAX_PAGES = 3;

export interface ViewedPage {
  readonly page: RepoPage;
  readonly view: PageView;
}

/** The views in the order of the pages: the viewports that a page names, and its first one in dark mode too. */
export function viewsOf(pages: readonly RepoPage[]): readonly ViewedPage[] {
  return pages.flatMap((page) => {
    const usual: readonly PageView['viewport'][] =
      pages.length <= PHONE_BY_DEFAULT_MAX_PAGES ? ['desktop', 'phone'] : ['desktop'];
    const viewports = [...new Set(page.viewports ?? usual)];
    const views = viewports.map((viewport) => ({ page, view: { viewport, dark: false } }));
    const [first = 'desktop'] = viewports;
    return page.dark ? [...views, { page, view: { viewport: first, dark: true } }] : views;
  });
}

/** The shot of the page in this view; null where there is none. */
export function shotOf(shots: readonly NamedShot[], { page, view }: ViewedPage): PageShot | null {
  const found = shots.find(
    (named) =>
      (named.name ?? page.name) === page.name &&
      named.path === page.path &&
      (named.view?.viewport ?? 'desktop') === view.viewport &&
      (named.view?.dark ?? false) === view.dark,
  );
  return found?.shot ?? null;
}

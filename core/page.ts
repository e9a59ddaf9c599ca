// A page of a repo's app as a browser saw it before and after a change.

export interface PageShot {
  /** Artifact of kind `screenshot`. */
  readonly artifactId: string;
  /** SHA-256 of the picture. */
  readonly digest?: string;
  readonly consoleErrors: readonly string[];
  readonly failedRequests: readonly string[];
  /** HTTP status of the page itself, null where it did not answer. */
  readonly status: number | null;
}

/** How a page is looked at. */
export interface PageView {
  readonly viewport: 'desktop' | 'phone';
  readonly dark: boolean;
}

/** A page as it was before the session changed anything. */
export interface NamedShot {
  /** Absent in logs from before pages were looked at in several ways. */
  readonly name?: string;
  readonly path: string;
  /** Desktop in the light without it. */
  readonly view?: PageView;
  readonly shot: PageShot;
}

/** A part of a picture, in its pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a page's two pictures differ. */
export interface PageDifference {
  /** Around what changed, the largest first; empty where both look the same. */
  readonly regions: readonly Box[];
  /** Share of the pixels that changed, 0 to 1. */
  readonly changedShare: number;
  /** The changed part before and after, with frames around the changes; null where both look the same. */
  readonly picture: {
    /** Artifact of kind `screenshot`. */
    readonly artifactId: string;
    /** Before on the left and after on the right; otherwise before above after. */
    readonly beside: boolean;
  } | null;
}

export interface PageComparison {
  readonly name: string;
  readonly path: string;
  /** Desktop in the light without it. */
  readonly view?: PageView;
  /** Null where the page could not be opened then. */
  readonly before: PageShot | null;
  readonly after: PageShot | null;
  /** Absent where there are not two pictures, or they could not be compared. */
  readonly difference?: PageDifference;
}

/** Whether the page looks the same before and after the change. */
export function looksTheSame({ before, after, difference }: PageComparison): boolean {
  if (difference !== undefined) return difference.regions.length === 0;
  return before?.digest !== undefined && before.digest === after?.digest;
}

// A page of a repo's app as the browser saw it before and after a change.

export interface PageShot {
  /** Artifact of kind `screenshot`. */
  readonly artifactId: string;
  /** SHA-256 of the picture. */
  readonly digest?: string;
  readonly consoleErrors: readonly string[];
  readonly failedRequests: readonly string[];
  /** The HTTP status of the page itself; null where it did not answer. */
  readonly status: number | null;
}

/** The viewport and colour scheme in which a page is opened. */
export interface PageView {
  readonly viewport: 'desktop' | 'phone';
  readonly dark: boolean;
}

/** A page as it was at the baseline. */
export interface NamedShot {
  /** Absent in logs from before pages were looked at in several ways. */
  readonly name?: string;
  readonly path: string;
  /** Default: a desktop in light colours. */
  readonly view?: PageView;
  readonly shot: PageShot;
}

/** A part of a picture, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The difference between the two pictures of a page. */
export interface PageDifference {
  /** Frames around the changes, the largest first; empty where both look the same. */
  readonly regions: readonly Box[];
  /** The share of the pixels that changed, 0 to 1. */
  readonly changedShare: number;
  /** The changed part before and after, with frames around the changes; null where both look the same. */
  readonly picture: {
    /** Artifact of kind `screenshot`. */
    readonly artifactId: string;
    /** Whether before is on the left of after; otherwise it is above. */
    readonly beside: boolean;
  } | null;
}

export interface PageComparison {
  readonly name: string;
  readonly path: string;
  /** Default: a desktop in light colours. */
  readonly view?: PageView;
  /** Null where the page could not be opened before the change. */
  readonly before: PageShot | null;
  readonly after: PageShot | null;
  /** Absent where there is only one picture, or the two could not be compared. */
  readonly difference?: PageDifference;
}

/** Whether the page looks the same before and after the change. */
export function looksTheSame({ before, after, difference }: PageComparison): boolean {
  if (difference !== undefined) return difference.regions.length === 0;
  return before?.digest !== undefined && before.digest === after?.digest;
}

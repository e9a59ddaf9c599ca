// An artifact: a file that a turn produced or was given.

export type ArtifactKind = 'screenshot' | 'diff' | 'log' | 'image' | 'recording' | 'file';

export interface Artifact {
  readonly id: string;
  readonly sessionId: string;
  readonly turnId: string | null;
  readonly kind: ArtifactKind;
  /** A file name for people, without folders. */
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** The alternative text of a picture; empty for other files. */
  readonly altText: string;
}

export interface NewArtifact {
  readonly kind: ArtifactKind;
  readonly name: string;
  readonly mimeType: string;
  readonly altText: string;
  readonly content: Uint8Array;
}

/** Stores and reads the artifacts of one turn. `save` may be called twice with the same content. */
export interface ArtifactStore {
  save(artifact: NewArtifact): Promise<Artifact>;
  /** Throws `artifact_refused` where there is none. */
  read(id: string): Promise<{ readonly artifact: Artifact; readonly content: Uint8Array }>;
}

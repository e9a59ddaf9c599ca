// The part of gifenc that is used here; the package comes without types.
declare module 'gifenc' {
  type Palette = number[][];
  interface Encoder {
    writeFrame(
      indexes: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette: Palette; readonly delay: number; readonly repeat?: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
    /** What has been written so far. */
    bytesView(): Uint8Array;
  }
  const gifenc: {
    readonly GIFEncoder: () => Encoder;
    readonly quantize: (
      rgba: Uint8Array,
      colours: number,
      options?: { format: 'rgb565' | 'rgb444' },
    ) => Palette;
    readonly applyPalette: (rgba: Uint8Array, palette: Palette, format?: 'rgb565' | 'rgb444') => Uint8Array;
  };
  // The package is CommonJS, whose names only come with its default.
  export default gifenc;
}

/** Decoded pixels as the imaging room hands them over. */

/**
 * 8-bit sRGB, rows from the top, channels interleaved; alpha, if any, is not premultiplied. `light`, if any, says what each
 * pixel of a reduced picture stands for: red, green and blue as sums of linear light times cover, and the cover.
 */
export type Pixels = {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 3 | 4;
  light?: Float32Array;
};

/** Pixels count by their alpha: this is a whole one. What has alpha 0 has no colour: under it is often black or junk. */
export const fullAlpha = 255;

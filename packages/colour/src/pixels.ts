/** Decoded pixels as the imaging room hands them over. */

/** 8-bit sRGB, rows from the top, channels interleaved; alpha, if any, is not premultiplied. */
export type Pixels = { data: Uint8Array; width: number; height: number; channels: 3 | 4 };

/** Pixels with less alpha count as transparent and have no colour: what lies under them is often black or junk. */
export const opaqueFrom = 128;

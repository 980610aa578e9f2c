/** Pictures as pixels, in TypeScript alone: no native code sees them here. */
export { createReducedJpegDecoder, isReducible, type ReducedJpegDecoder } from './jpeg/decode.ts';
export { type JpegHeader, readJpegHeader } from './jpeg/header.ts';
export { isTurned } from './jpeg/orientation.ts';
export { cropCentre, hasTransparency, type Pixels } from './pixels.ts';
export { thumbhashOf } from './placeholder.ts';
export { pixelsOfRegion } from './region.ts';

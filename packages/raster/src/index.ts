/** Pictures as pixels, in TypeScript alone: no native code sees them here. */
export { hasAllBlocks } from './jpeg-reader/all-blocks.ts';
export { createReducedJpegDecoder, isReducible, type ReducedJpegDecoder } from './jpeg-reader/decode.ts';
export { type JpegHeader, readAnyJpegHeader, readJpegHeader } from './jpeg-reader/header.ts';
export { isTurned, turnUpright } from './jpeg-reader/orientation.ts';
export { withEndMarker } from './jpeg-reader/segments.ts';
export { encodeJpeg } from './jpeg-writer/encode.ts';
export { progressiveBytes, progressivePixels } from './jpeg-writer/progressive.ts';
export { type Box, crop, cropAround, hasTransparency, type Pixels, type Size, startOfCut } from './pixels.ts';
export { thumbhashOf } from './placeholder.ts';
export { pixelsOfRegion } from './region.ts';
export { lightStride, type Sample, samplePixels } from './sample/sample.ts';

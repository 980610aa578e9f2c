/** The only importer of sharp: inspect, decode safely, sample, render, placeholder. */
export { decodePicture, decodeSize } from './decode.ts';
export { saysOutOfMemory, tooMuchMemory } from './decode-problem.ts';
export { inspectPicture, type PictureFacts, type PictureHeader, type PictureLimits } from './inspect.ts';
export type { Pixels } from './pixels.ts';
export { thumbhashOf } from './placeholder.ts';
export { pixelsOfRegion } from './region.ts';
export { type EncodedPicture, maxOutputSidePixels, renderThumbnail, requireSmallOutput } from './render.ts';
export { sampleForColours } from './sample.ts';
export { hasUnusualStructure } from './structure.ts';
export { warmUpImaging } from './warm-up.ts';

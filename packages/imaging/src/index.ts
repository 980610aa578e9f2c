/** The only importer of sharp: inspect, decode safely, sample, render. */
export { decodePicture, decodeSize, uncroppedSize } from './decode.ts';
export { saysOutOfMemory, tooMuchMemory } from './decode-problem.ts';
export { inspectPicture, type PictureFacts, type PictureHeader, type PictureLimits } from './inspect.ts';
export {
  defaultQuality,
  type EncodedPicture,
  maxOutputSidePixels,
  renderThumbnail,
  requireSmallOutput,
} from './render.ts';
export { sampleForColours, sampleSize } from './sample.ts';
export { hasUnusualStructure } from './structure.ts';
export { warmUpImaging } from './warm-up.ts';

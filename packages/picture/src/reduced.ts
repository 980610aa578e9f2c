/** What needs no libvips, and does not load it: for threads. */
export { createDescribingReducer, createJpegReducer, type JpegReducer } from './reducer.ts';
export type {
  DescribedReduction,
  ReducedPicture,
  ReducedRendition,
  ReducedThumbnail,
  Reduction,
} from './reduction.ts';
export type { PictureStep } from './step-runner.ts';
export {
  quickSteps,
  type ScannedFormat,
  type StructureVerdict,
  scanStructure,
  thoroughSteps,
} from './structure/scan.ts';
export { createWarmUpJpeg } from './warm-up-jpeg.ts';

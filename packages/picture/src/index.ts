/** The product as a function, its steps one by one, and what a process that runs it must know of it. */
export {
  decodeWatermark,
  HoldsLoop,
  maxOutputSidePixels,
  previewOfRaw,
  saysOutOfMemory,
  tookTooMuchMemory,
  type Watermarks,
} from '@tintype/imaging';
export { lightStride, type Sample } from '@tintype/raster';
export { costByLibvips, costOfFinish, mostOutputBytes, type PictureCost } from './cost.ts';
export { type DrawnPicture, drawPicture, finishReduced, type PictureLimits } from './draw-picture.ts';
export { wantsFoundBackground, withFoundBackground } from './found-background.ts';
export { describeDrawn, type MadePicture, makePicture, makePlanned } from './make-picture.ts';
export { isPossibleLight, isPossibleSource, isPossibleThumbnail } from './possible.ts';
export { maxSampleSidePixels } from './sizes.ts';
export type { PictureStep, StepRunner } from './step-runner.ts';
export { decode, shrink } from './steps/decode.ts';
export { describe } from './steps/describe.ts';
export { inspect } from './steps/inspect.ts';
export { type PicturePlan, planPicture } from './steps/plan.ts';
export { type MadeRendition, render } from './steps/render.ts';
export { sample } from './steps/sample.ts';
export { pictureVersions } from './versions.ts';
export { warmUpDrawing, warmUpPicture } from './warm-up.ts';

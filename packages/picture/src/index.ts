/** The product as a function, its steps one by one, and what a process that runs it must know of it. */
export {
  type EncodedPicture,
  maxOutputSidePixels,
  type PictureFacts,
  saysOutOfMemory,
  tookTooMuchMemory,
} from '@tintype/imaging';
export {
  finishReduced,
  type MadePicture,
  type MakeOptions,
  makePicture,
  makePlanned,
  type PictureLimits,
} from './make-picture.ts';
export { type PictureStep, type StepRunner, unobserved } from './step-runner.ts';
export { decode } from './steps/decode.ts';
export { describe, type PictureDescription } from './steps/describe.ts';
export { type HeaderLimits, inspect } from './steps/inspect.ts';
export { type PicturePlan, planPicture } from './steps/plan.ts';
export { type MadeRendition, render } from './steps/render.ts';
export { sample } from './steps/sample.ts';
export { pictureVersions } from './versions.ts';
export { warmUpPicture } from './warm-up.ts';

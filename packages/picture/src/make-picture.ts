/** The product as a function: bytes and an order in; facts, thumbnails, colours and placeholder out. */
import type { PictureOrder } from '@tintype/contracts';
import {
  type DrawnPicture,
  drawPicture,
  drawPlanned,
  type MakeOptions,
  type PictureLimits,
  type PlannedOptions,
  type Renditions,
} from './draw-picture.ts';
import { type StepRunner, unobserved } from './step-runner.ts';
import { describe, type PictureDescription } from './steps/describe.ts';
import { coloursIn, type PicturePlan } from './steps/plan.ts';

/** Colours and placeholder are null when they were not asked for. */
export type MadePicture = Renditions & { [field in keyof PictureDescription]: PictureDescription[field] | null };

/**
 * Makes everything that is ordered from one decode. Throws the problems of a picture: `not_an_image`,
 * `unsupported_format`, `corrupt_image`, `too_many_pixels`, `decode_timeout`, and `invalid_option` for a frame that is not there.
 */
export async function makePicture(
  given: Buffer,
  order: PictureOrder,
  limits: PictureLimits,
  options: MakeOptions = {},
): Promise<MadePicture> {
  return describeDrawn(await drawPicture(given, order, limits, options), order, options.steps);
}

/** The last step: colours and placeholder, from the sample alone. */
export async function describeDrawn(
  { sample, description, ...drawn }: DrawnPicture,
  { colours }: PictureOrder,
  steps: StepRunner = unobserved,
): Promise<MadePicture> {
  if (!colours || !sample) return { ...drawn, colours: null, placeholder: null };
  if (description) return { ...drawn, ...description };
  const options = coloursIn(drawn.facts, colours);
  return { ...drawn, ...(await steps.run('colours', async () => describe(sample, options))) };
}

/**
 * All steps from the plan on, by libvips. Throws `too_many_pixels` where the plan says that it must not, and where the
 * loop must not be held `HoldsLoop`: such a picture is for another process.
 */
export async function makePlanned(
  bytes: Buffer,
  plan: PicturePlan,
  limits: PictureLimits,
  steps: StepRunner = unobserved,
  options: PlannedOptions = {},
): Promise<MadePicture> {
  return describeDrawn(await drawPlanned(bytes, plan, limits, steps, options), plan.order, steps);
}

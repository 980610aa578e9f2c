/** The product as a function: bytes and an order in; facts, thumbnails, colours and placeholder out. */
import type { PictureOrder, StoredColours } from '@tintype/contracts';
import type { EncodedPicture, PictureFacts } from '@tintype/imaging';
import type { JpegReducer } from './reducer.ts';
import type { ReducedPicture } from './reduction.ts';
import { type StepRunner, unobserved } from './step-runner.ts';
import { decode } from './steps/decode.ts';
import { describe } from './steps/describe.ts';
import { type HeaderLimits, inspect } from './steps/inspect.ts';
import { type PicturePlan, type PlanLimits, planPicture } from './steps/plan.ts';
import { type MadeRendition, render } from './steps/render.ts';
import { sample } from './steps/sample.ts';

export type PictureLimits = HeaderLimits &
  PlanLimits & {
    /** Longest time of a decode. It is soft: libvips looks at it now and then. */
    timeoutMs: number;
  };

export type MadePicture = {
  facts: PictureFacts;
  /** In the order in which they were asked for. */
  renditions: MadeRendition[];
  /** Null when they were not asked for, and so is the placeholder. */
  colours: StoredColours | null;
  placeholder: string | null;
};

const nothingDescribed = { colours: null, placeholder: null };

export type MakeOptions = {
  /** Makes small pictures of JPEGs without libvips; null leaves all to libvips. */
  reducer?: JpegReducer | null;
  steps?: StepRunner;
};

/**
 * Makes everything that is ordered from one decode. Throws the problems of a picture: `not_an_image`,
 * `unsupported_format`, `corrupt_image`, `too_many_pixels`, `decode_timeout`, and `invalid_option` for a frame that is not there.
 */
export async function makePicture(
  bytes: Buffer,
  order: PictureOrder,
  limits: PictureLimits,
  { reducer = null, steps = unobserved }: MakeOptions = {},
): Promise<MadePicture> {
  const header = await steps.run('decode', () => inspect(bytes, limits, order));
  const plan = planPicture(header, order, limits);
  return (await makeReduced(bytes, plan, reducer, steps)) ?? makePlanned(bytes, plan, limits, steps);
}

/** The steps from the plan on, by libvips. Throws `too_many_pixels` where the plan says that it must not. */
export async function makePlanned(
  bytes: Buffer,
  plan: PicturePlan,
  { timeoutMs }: Pick<PictureLimits, 'timeoutMs'>,
  steps: StepRunner = unobserved,
): Promise<MadePicture> {
  const { facts, order, refusal } = plan;
  if (refusal) throw refusal;
  const pixels = await steps.run('decode', () => decode(bytes, plan, timeoutMs));
  const small = await steps.run('decode', () => sample(pixels, plan));
  const renditions: MadeRendition[] = [];
  for (const rendition of order.renditions) {
    renditions.push(await steps.run('resize', () => render(pixels, rendition)));
  }
  const { colours } = order;
  const description = colours && small && (await steps.run('colours', async () => describe(small, colours)));
  const shown = pixels.isDamaged ? { ...facts, isDamaged: pixels.isDamaged } : facts;
  return { facts: shown, renditions, ...(description ?? nothingDescribed) };
}

/** The same for a JPEG that is wanted small, without libvips; null when that must have a look at it. */
async function makeReduced(
  bytes: Buffer,
  plan: PicturePlan,
  reducer: JpegReducer | null,
  steps: StepRunner,
): Promise<MadePicture | null> {
  const { reduction } = plan;
  if (!reducer || !reduction) return null;
  const reduced = await steps.run('decode', async () => reducer(bytes, reduction, steps.enter));
  return reduced && finishReduced(reduced, plan, steps);
}

/**
 * What is left to do after a JPEG has been reduced: thumbnails of other formats, and with options that only `render`
 * knows.
 */
export async function finishReduced(
  reduced: ReducedPicture,
  { facts, order }: PicturePlan,
  steps: StepRunner,
): Promise<MadePicture> {
  steps.move('decode', 'resize', reduced.timingsMs.resize);
  steps.move('decode', 'colours', reduced.timingsMs.colours);
  const renditions: MadeRendition[] = [];
  for (const [at, rendition] of order.renditions.entries()) {
    const thumbnail = reduced.renditions[at];
    if (!thumbnail) throw new Error('the reducer made fewer thumbnails than it was asked for');
    renditions.push(
      'pixels' in thumbnail
        ? await steps.run('resize', () => render(thumbnail.pixels, rendition))
        : { name: rendition.name, ...encodedJpeg(thumbnail) },
    );
  }
  return { facts, renditions, ...(reduced.description ?? nothingDescribed) };
}

function encodedJpeg({ bytes, width, height }: { bytes: Uint8Array; width: number; height: number }): EncodedPicture {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), width, height, format: 'jpeg' };
}

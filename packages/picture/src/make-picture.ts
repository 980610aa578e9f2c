/** The product as a function: bytes and an order in; facts, thumbnails, colours and placeholder out. */
import type { NamedRendition, PictureOrder, StoredColours } from '@tintype/contracts';
import {
  type DecodeOptions,
  type EncodedPicture,
  type PictureFacts,
  previewOfRaw,
  readJpegHeaderByLibvips,
} from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';
import { wantsFoundBackground, withFoundBackground } from './found-background.ts';
import type { JpegReducer } from './reducer.ts';
import type { ReducedPicture } from './reduction.ts';
import { type StepRunner, unobserved } from './step-runner.ts';
import { decode, shrink } from './steps/decode.ts';
import { describe } from './steps/describe.ts';
import { type HeaderLimits, inspect } from './steps/inspect.ts';
import { type PicturePlan, type PlanLimits, planPicture } from './steps/plan.ts';
import { largestFirst } from './steps/pyramid.ts';
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
  given: Buffer,
  order: PictureOrder,
  limits: PictureLimits,
  { reducer = null, steps = unobserved }: MakeOptions = {},
): Promise<MadePicture> {
  const bytes = previewOfRaw(given, limits.formats);
  const header = await steps.run('decode', () => inspect(bytes, limits, order));
  const plan = planPicture(header, order, limits);
  return (await makeReduced(bytes, plan, reducer, steps)) ?? makePlanned(bytes, plan, limits, steps);
}

/**
 * The steps from the plan on, by libvips. Throws `too_many_pixels` where the plan says that it must not, and where the
 * loop must not be held `HoldsLoop`: such a picture is for another process.
 */
export async function makePlanned(
  bytes: Buffer,
  given: PicturePlan,
  limits: PictureLimits,
  steps: StepRunner = unobserved,
  options: DecodeOptions = {},
): Promise<MadePicture> {
  if (given.refusal) throw given.refusal;
  const plan = given.needsLibvipsFacts ? await planByLibvips(bytes, given, limits, steps) : given;
  const { facts, order } = plan;
  const decoded = await steps.run('decode', () => decodePlanned(bytes, plan, limits.timeoutMs, options));
  const { pixels, small, isDamaged } = decoded;
  const { colours } = order;
  const describeSample = async () =>
    colours && small && (await steps.run('colours', async () => describe(small, colours)));
  const known = order.renditions.some(wantsFoundBackground) ? await describeSample() : null;
  const asked = known ? order.renditions.map((one) => withFoundBackground(one, known.colours)) : order.renditions;
  const renditions = await steps.run('resize', () => renderAll(pixels, facts, asked));
  const description = known ?? (await describeSample());
  const shown = isDamaged ? { ...facts, isDamaged } : facts;
  return { facts: shown, renditions, ...(description ?? nothingDescribed) };
}

/** The decode and what is made of it; what is not needed any more is given back at once, for it may be large. */
async function decodePlanned(bytes: Buffer, plan: PicturePlan, timeoutMs: number, options: DecodeOptions) {
  const raster = await decode(bytes, plan, timeoutMs, options);
  const small = sample(raster, plan);
  const pixels = await shrink(raster, plan);
  if (raster !== pixels && raster !== small) free(raster);
  return { pixels, small, isDamaged: raster.isDamaged };
}

/** Those that are large feed those that are small. */
async function renderAll(
  pixels: Pixels,
  facts: PictureFacts,
  asked: readonly NamedRendition[],
): Promise<MadeRendition[]> {
  const made = new Map<number, MadeRendition>();
  for await (const { at, rendition, pixels: level } of largestFirst(pixels, facts, asked)) {
    made.set(at, await render(level, facts, rendition));
  }
  return asked.flatMap((_, at) => made.get(at) ?? []);
}

/** Nobody may read the pixels after that. */
function free({ data }: Pixels): void {
  if (data.buffer instanceof ArrayBuffer && data.buffer.byteLength === data.length) data.buffer.transfer(0);
}

/** Who turns the picture must also be the one who says how it is held, or it is stretched. */
async function planByLibvips(bytes: Buffer, { order }: PicturePlan, limits: PictureLimits, steps: StepRunner) {
  const header = await steps.run('decode', () => readJpegHeaderByLibvips(bytes, order));
  const plan = planPicture(header, order, limits);
  if (plan.refusal) throw plan.refusal;
  return plan;
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
  for (const [at, asked] of order.renditions.entries()) {
    const rendition = reduced.description ? withFoundBackground(asked, reduced.description.colours) : asked;
    const thumbnail = reduced.renditions[at];
    if (!thumbnail) throw new Error('the reducer made fewer thumbnails than it was asked for');
    renditions.push(
      'pixels' in thumbnail
        ? await steps.run('resize', () => render(thumbnail.pixels, facts, rendition))
        : { name: rendition.name, ...encodedJpeg(thumbnail) },
    );
  }
  return { facts, renditions, ...(reduced.description ?? nothingDescribed) };
}

function encodedJpeg({ bytes, width, height }: { bytes: Uint8Array; width: number; height: number }): EncodedPicture {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), width, height, format: 'jpeg' };
}

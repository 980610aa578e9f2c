/** The steps up to the last thumbnail: all that needs the file. Colours are found only where a thumbnail needs them. */
import type { NamedRendition, PictureOrder } from '@tintype/contracts';
import {
  type DecodeOptions,
  type EncodedPicture,
  type PictureFacts,
  previewOfRaw,
  readJpegHeaderByLibvips,
  type Watermarks,
} from '@tintype/imaging';
import type { Pixels, Sample } from '@tintype/raster';
import { wantsFoundBackground, withFoundBackground } from './found-background.ts';
import type { JpegReducer } from './reducer.ts';
import type { DescribedReduction } from './reduction.ts';
import { type StepRunner, unobserved } from './step-runner.ts';
import { decode, shrink } from './steps/decode.ts';
import type { PictureDescription } from './steps/describe.ts';
import { type HeaderLimits, inspect } from './steps/inspect.ts';
import { type PicturePlan, type PlanLimits, type PlannedOrder, planPicture } from './steps/plan.ts';
import { largestFirst } from './steps/pyramid.ts';
import { type MadeRendition, render } from './steps/render.ts';
import { sample } from './steps/sample.ts';

export type PictureLimits = HeaderLimits &
  PlanLimits & {
    /** Longest time of a decode. It is soft: libvips looks at it now and then. */
    timeoutMs: number;
  };

export type Renditions = {
  facts: PictureFacts;
  /** In the order in which they were asked for. */
  renditions: MadeRendition[];
};

/** What tells the rest is small, and may go to another process. */
export type DrawnPicture = Renditions & {
  /** Null when no colours were asked for. */
  sample: Sample | null;
  /** What the sample tells, where that is known already. */
  description: PictureDescription | null;
};

export type MakeOptions = {
  /** Makes small pictures of JPEGs without libvips; null leaves all to libvips. */
  reducer?: JpegReducer | null;
  steps?: StepRunner;
  /** Those that are ordered. */
  watermarks?: Watermarks | undefined;
};

export type PlannedOptions = DecodeOptions & Pick<MakeOptions, 'watermarks'>;

/** The steps up to the last thumbnail. Throws as `makePicture` does. */
export async function drawPicture(
  given: Buffer,
  order: PictureOrder,
  limits: PictureLimits,
  { reducer = null, steps = unobserved, watermarks }: MakeOptions = {},
): Promise<DrawnPicture> {
  const bytes = previewOfRaw(given, limits.formats);
  const header = await steps.run('decode', () => inspect(bytes, limits, order));
  const plan = planPicture(header, order, limits);
  const reduced = await drawReduced(bytes, plan, reducer, steps, watermarks);
  return reduced ?? drawPlanned(bytes, plan, limits, steps, { watermarks });
}

/** The same from the plan on, by libvips. Throws as `makePlanned` does. */
export async function drawPlanned(
  bytes: Buffer,
  given: PicturePlan,
  limits: PictureLimits,
  steps: StepRunner = unobserved,
  { watermarks, ...options }: PlannedOptions = {},
): Promise<DrawnPicture> {
  if (given.refusal) throw given.refusal;
  const plan = given.needsLibvipsFacts ? await planByLibvips(bytes, given, limits, steps) : given;
  const { facts, order } = plan;
  const decoded = await steps.run('decode', () => decodePlanned(bytes, plan, limits.timeoutMs, options));
  const { pixels, small, isDamaged } = decoded;
  const description = await describeForThumbnails(order, small, steps);
  const asked = description
    ? order.renditions.map((one) => withFoundBackground(one, description.colours))
    : order.renditions;
  const renditions = await steps.run('resize', () => renderAll(pixels, facts, asked, watermarks));
  return { facts: isDamaged ? { ...facts, isDamaged } : facts, renditions, sample: small, description };
}

/** Null where no thumbnail needs the colours. Their code is not even loaded then: a child leaves them to its worker. */
async function describeForThumbnails(
  { renditions, colours }: PlannedOrder,
  small: Sample | null,
  steps: StepRunner,
): Promise<PictureDescription | null> {
  if (!colours || !small || !renditions.some(wantsFoundBackground)) return null;
  const { describe } = await import('./steps/describe.ts');
  return steps.run('colours', async () => describe(small, colours));
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
  watermarks: Watermarks | undefined,
): Promise<MadeRendition[]> {
  const made = new Map<number, MadeRendition>();
  for await (const { at, rendition, pixels: level } of largestFirst(pixels, facts, asked)) {
    made.set(at, await render(level, facts, rendition, watermarks));
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
async function drawReduced(
  bytes: Buffer,
  plan: PicturePlan,
  reducer: JpegReducer | null,
  steps: StepRunner,
  watermarks: Watermarks | undefined,
): Promise<DrawnPicture | null> {
  const { reduction, order } = plan;
  if (!reducer || !reduction) return null;
  const reduced = await steps.run('decode', async () => reducer(bytes, reduction, steps.enter));
  if (!reduced) return null;
  steps.move('decode', 'resize', reduced.timingsMs.resize);
  const { renditions, sample: small } = reduced;
  const description = await describeForThumbnails(order, small, steps);
  const finished = await finishReduced({ renditions, description }, plan, steps, watermarks);
  return { ...finished, sample: small, description };
}

/**
 * What is left to do after a JPEG has been reduced: thumbnails of other formats, and with options that only `render`
 * knows.
 */
export async function finishReduced(
  reduced: Pick<DescribedReduction, 'renditions' | 'description'>,
  { facts, order }: PicturePlan,
  steps: StepRunner,
  watermarks?: Watermarks,
): Promise<Renditions> {
  const renditions: MadeRendition[] = [];
  for (const [at, asked] of order.renditions.entries()) {
    const rendition = reduced.description ? withFoundBackground(asked, reduced.description.colours) : asked;
    const thumbnail = reduced.renditions[at];
    if (!thumbnail) throw new Error('the reducer made fewer thumbnails than it was asked for');
    renditions.push(
      'pixels' in thumbnail
        ? await steps.run('resize', () => render(thumbnail.pixels, facts, rendition, watermarks))
        : { name: rendition.name, ...encodedJpeg(thumbnail) },
    );
  }
  return { facts, renditions };
}

function encodedJpeg({ bytes, width, height }: { bytes: Uint8Array; width: number; height: number }): EncodedPicture {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), width, height, format: 'jpeg' };
}

/** The picture part of a job: everything that touches a stranger's bytes, from the header to thumbnail and colours. */
import type { ColourOptions, Rendition } from '@tintype/contracts';
import {
  type EncodedPicture,
  inspectPicture,
  type PictureFacts,
  type PictureLimits,
  renderThumbnail,
  requireSmallOutput,
  sampleForColours,
} from '@tintype/imaging';
import type { StepClock } from '../step-clock.ts';
import { findColours, type PictureColours } from '../steps/colours.ts';
import { decodeSource } from '../steps/decode.ts';
import { resizePicture } from '../steps/resize.ts';
import { planJpeg } from './jpeg-plan.ts';
import { createJpegReducer, type ReducedJpeg, type ReducedThumbnail } from './jpeg-reducer.ts';

export type PictureRequest = {
  bytes: Buffer;
  options: Rendition & { colours?: ColourOptions };
  /** What is to be made: colours that are known already, or a thumbnail that nobody wants, are left out. */
  makes: { thumbnail: boolean; colours: boolean };
};

export type PictureSettings = {
  limits: PictureLimits;
  /** Longest time of a decode; hard in a process of its own, soft here. */
  timeoutMs: number;
  /** Small pictures of JPEGs are made without libvips, wherever that is: the same work has the same result. */
  reducesJpegs: boolean;
};

export type MadePicture = {
  facts: PictureFacts;
  thumbnail: EncodedPicture | null;
  colours: PictureColours | null;
};

type Steps = Pick<StepClock, 'run'>;

/** All of it in this process. Throws the problems of a picture. */
export async function makePicture(
  request: PictureRequest,
  settings: PictureSettings,
  steps: Steps,
): Promise<MadePicture> {
  const { bytes, options } = request;
  const header = await steps.run('decode', () => inspectPicture(bytes, options, settings.limits));
  requireSmallOutput(header.facts, options);
  const plan = settings.reducesJpegs ? planJpeg(header, request) : null;
  const reduced = plan && (await steps.run('decode', async () => createJpegReducer()(bytes, plan)));
  if (reduced) return finishReduced(reduced, header.facts, options, steps);
  return makeOfInspected(request, header.facts, settings.timeoutMs, steps);
}

/** What is left after a JPEG has been reduced. */
export async function finishReduced(
  { thumbnail: reduced, colours }: ReducedJpeg,
  facts: PictureFacts,
  options: Rendition,
  steps: Steps,
): Promise<MadePicture> {
  const thumbnail = reduced && (await steps.run('resize', () => finishThumbnail(reduced, options)));
  return { facts, thumbnail, colours };
}

/** What is left after the header has been held against the limits. */
export async function makeOfInspected(
  { bytes, options, makes }: PictureRequest,
  facts: PictureFacts,
  timeoutMs: number,
  steps: Steps,
): Promise<MadePicture> {
  const pixels = await steps.run('decode', () => decodeSource(bytes, facts, options, timeoutMs));
  const thumbnail = makes.thumbnail ? await steps.run('resize', () => resizePicture(pixels, options)) : null;
  const findAll = async () => findColours(await sampleForColours(pixels), options.colours);
  const colours = makes.colours ? await steps.run('colours', findAll) : null;
  return { facts, thumbnail, colours };
}

/** libvips finishes what has not been encoded yet. */
async function finishThumbnail(reduced: ReducedThumbnail, options: Rendition): Promise<EncodedPicture> {
  if ('pixels' in reduced) return renderThumbnail(reduced.pixels, options);
  const { bytes, width, height } = reduced;
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), width, height, format: 'jpeg' };
}

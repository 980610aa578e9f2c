/** The picture part of a job: everything that touches a stranger's bytes, from the header to thumbnail and colours. */
import type { RenditionOptions } from '@tintype/contracts';
import {
  type EncodedPicture,
  inspectPicture,
  type PictureFacts,
  type PictureLimits,
  sampleForColours,
} from '@tintype/imaging';
import type { StepClock } from '../step-clock.ts';
import { findColours, type PictureColours } from '../steps/colours.ts';
import { decodeSource } from '../steps/decode.ts';
import { resizePicture } from '../steps/resize.ts';

export type PictureRequest = {
  bytes: Buffer;
  options: RenditionOptions;
  /** What is to be made: colours that are known already, or a thumbnail that nobody wants, are left out. */
  makes: { thumbnail: boolean; colours: boolean };
};

export type PictureSettings = {
  limits: PictureLimits;
  /** Longest time of a decode; hard in a process of its own, soft here. */
  timeoutMs: number;
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
  const { facts } = await steps.run('decode', () => inspectPicture(request.bytes, request.options, settings.limits));
  return makeOfInspected(request, facts, settings.timeoutMs, steps);
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

/** What a worker and its disposable child say to each other: the child believes its worker, not the other way round. */
import type { PictureOrder, Problem, ProblemCode } from '@tintype/contracts';
import type { DrawnPicture, PictureStep, Sample, Watermarks } from '@tintype/picture';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';
import type { Drawn, Failed, Progress, SampleShape } from './reply-schemas.ts';

type WatermarkShape = { sha256: string; width: number; height: number; channels: 3 | 4 };
/** The first frame to the child; those after it are the pixels of the watermarks, and the picture's bytes. */
type Request = PictureSettings & { order: PictureOrder; watermarks: WatermarkShape[] };

/** Problems of a picture: the only ones that a child may report, the last one where something was asked for that only the picture can refuse. */
export const pictureProblems: readonly ProblemCode[] = [
  'not_an_image',
  'unsupported_format',
  'corrupt_image',
  'too_many_pixels',
  'decode_timeout',
  'invalid_option',
];

export const maxMessageBytes = 64 * 1024;
const maxSourceBytes = 2 ** 31;

export type ChildAnswer = {
  drawn: DrawnPicture;
  /** How long of its time thumbnails took. */
  resizeMs: number;
};

export function writeRequest({ bytes, order, watermarks }: PictureRequest, settings: PictureSettings): Uint8Array[] {
  const { limits, reducesJpegs } = settings;
  const marks = [...(watermarks ?? [])];
  const shapes = marks.map(([sha256, { width, height, channels }]) => ({ sha256, width, height, channels }));
  const request: Request = { order, limits, reducesJpegs, watermarks: shapes };
  return [encode(request), ...marks.map(([, { data }]) => data), bytes];
}

/** The child's side: calls `onRequest` with what is asked once all of it is there. */
export function listenForRequest(onRequest: (request: PictureRequest, settings: PictureSettings) => void) {
  let asked: Request | null = null;
  const frames: Buffer[] = [];
  return (message: Buffer): number | null => {
    if (asked === null) {
      asked = JSON.parse(message.toString());
      return maxSourceBytes;
    }
    const { order, watermarks: shapes, ...settings } = asked;
    if (frames.length < shapes.length) {
      frames.push(message);
      return maxSourceBytes;
    }
    onRequest({ bytes: message, order, watermarks: watermarksOf(shapes, frames) }, settings);
    return null;
  };
}

function watermarksOf(shapes: readonly WatermarkShape[], frames: readonly Buffer[]): Watermarks {
  return new Map(shapes.map(({ sha256, ...shape }, at) => [sha256, { ...shape, data: frames[at] ?? Buffer.alloc(0) }]));
}

export function writeStep(step: PictureStep): Uint8Array {
  return encode({ step } satisfies Progress);
}

/** Colours are for the worker to find: its code is warm. */
export function writeDrawn({ facts, renditions, sample }: DrawnPicture, resizeMs: number): Uint8Array[] {
  const shapes = renditions.map(({ width, height, format }) => ({ width, height, format }));
  const drawn: Drawn = { facts, renditions: shapes, sample: sample && shapeOf(sample), resizeMs };
  return [encode(drawn), ...renditions.map(({ bytes }) => bytes), ...(sample ? framesOf(sample) : [])];
}

function shapeOf({ width, height, channels, light }: Sample): SampleShape {
  return { width, height, channels, hasLight: light !== undefined };
}

function framesOf({ data, light }: Sample): Uint8Array[] {
  return light ? [data, new Uint8Array(light.buffer, light.byteOffset, light.byteLength)] : [data];
}

export function writeProblem(problem: Problem): Uint8Array[] {
  const failed: Failed = { problem: problem.code, detail: problem.message.slice(0, 300) };
  return [encode(failed)];
}

function encode(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** What a worker and its disposable child say to each other; the worker believes none of it unseen. */
import {
  acceptedFormats,
  ColourOptions,
  fits,
  isProblemCode,
  outputFormats,
  Problem,
  type ProblemCode,
  Rendition,
  StoredColours,
  sniffFormat,
} from '@tintype/contracts';
import { maxOutputSidePixels } from '@tintype/imaging';
import Type, { type Static, type TSchema } from 'typebox';
import type { MadePicture, PictureRequest, PictureSettings } from './picture-part.ts';

const Positive = Type.Integer({ minimum: 1 });

/** The first of two frames to the child; the second is the picture's bytes. */
const Request = Type.Object({
  options: Type.Object({
    ...Rendition.properties,
    colours: Type.Optional(ColourOptions),
  }),
  makes: Type.Object({ thumbnail: Type.Boolean(), colours: Type.Boolean() }),
  limits: Type.Object({
    maxMegapixels: Type.Number(),
    maxMegapixelsUnstreamed: Type.Number(),
    maxDecodeBytes: Type.Number(),
  }),
  timeoutMs: Positive,
  reducesJpegs: Type.Boolean(),
});

const Milliseconds = Type.Number({ minimum: 0 });
const Made = Type.Object(
  {
    facts: Type.Object(
      {
        format: Type.Enum(acceptedFormats),
        width: Positive,
        height: Positive,
        hasAlpha: Type.Boolean(),
      },
      { additionalProperties: false },
    ),
    thumbnail: Type.Union([
      Type.Null(),
      Type.Object(
        { width: Positive, height: Positive, format: Type.Enum(outputFormats) },
        { additionalProperties: false },
      ),
    ]),
    colours: Type.Union([
      Type.Null(),
      Type.Object(
        { colours: StoredColours, thumbhash: Type.String({ pattern: '^[A-Za-z0-9+/]{1,60}={0,2}$' }) },
        { additionalProperties: false },
      ),
    ]),
    timingsMs: Type.Object(
      { resize: Type.Optional(Milliseconds), colours: Type.Optional(Milliseconds) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const Failed = Type.Object({ problem: Type.String(), detail: Type.String({ maxLength: 300 }) });
/** The first of two frames from the child; the second is the thumbnail's bytes. */
const Reply = Type.Union([Made, Failed]);

/** Problems of a picture: the only ones that a child may report. */
export const pictureProblems: readonly ProblemCode[] = [
  'not_an_image',
  'unsupported_format',
  'corrupt_image',
  'too_many_pixels',
  'decode_timeout',
];

const maxMessageBytes = 64 * 1024;
/** Headers of an encoded picture, and what incompressible pixels take more. */
const encodingBytes = 1024 * 1024;

/** Caps of the frames that a child may answer with: its message, and no more picture than raw pixels would take. */
export function maxReplyBytes({ options, makes }: PictureRequest): number[] {
  if (!makes.thumbnail) return [maxMessageBytes, 0];
  const [width, height] =
    options.fit === 'outside'
      ? [maxOutputSidePixels, Math.max(options.width, options.height)]
      : [options.width, options.height];
  return [maxMessageBytes, width * height * 4 + encodingBytes];
}

/** Caps of the frames that a child takes. */
export const maxRequestBytes: readonly number[] = [maxMessageBytes, 2 ** 31];

export function writeRequest(
  { bytes, options, makes }: PictureRequest,
  { limits, timeoutMs, reducesJpegs }: PictureSettings,
): Uint8Array[] {
  const request: Static<typeof Request> = { options, makes, limits, timeoutMs, reducesJpegs };
  return [encode(request), bytes];
}

export function readRequest(messages: Buffer[]): { request: PictureRequest; settings: PictureSettings } {
  const [message = Buffer.alloc(0), bytes = Buffer.alloc(0)] = messages;
  const { options, makes, limits, timeoutMs, reducesJpegs } = read(Request, message);
  return { request: { bytes, options, makes }, settings: { limits, timeoutMs, reducesJpegs } };
}

export type ChildTimings = Static<typeof Made>['timingsMs'];

export function writeMade({ facts, thumbnail, colours }: MadePicture, timingsMs: ChildTimings): Uint8Array[] {
  const shape = thumbnail && { width: thumbnail.width, height: thumbnail.height, format: thumbnail.format };
  const made: Static<typeof Made> = { facts, thumbnail: shape, colours, timingsMs };
  return [encode(made), thumbnail?.bytes ?? Buffer.alloc(0)];
}

export function writeProblem(problem: Problem): Uint8Array[] {
  const failed: Static<typeof Failed> = { problem: problem.code, detail: problem.message.slice(0, 300) };
  return [encode(failed), Buffer.alloc(0)];
}

/** Throws the problem that the child reports, or any error when the answer is not one that could be true. */
export function readReply(
  messages: Buffer[],
  { makes }: PictureRequest,
): { made: MadePicture; timingsMs: ChildTimings } {
  const [message = Buffer.alloc(0), bytes = Buffer.alloc(0)] = messages;
  const reply = read(Reply, message);
  if ('problem' in reply) throw problemOf(reply);
  const { facts, thumbnail, colours, timingsMs } = reply;
  if ((thumbnail !== null) !== makes.thumbnail || (colours !== null) !== makes.colours) {
    throw new Error('the child made something else than was asked for');
  }
  if (thumbnail && sniffFormat(bytes) !== thumbnail.format) throw new Error('the child made no such picture');
  return { made: { facts, thumbnail: thumbnail && { ...thumbnail, bytes }, colours }, timingsMs };
}

function problemOf({ problem, detail }: Static<typeof Failed>): Problem {
  if (!isProblemCode(problem) || !pictureProblems.includes(problem))
    throw new Error('the child reports no such problem');
  return new Problem(problem, { detail });
}

function read<Schema extends TSchema>(schema: Schema, message: Buffer): Static<Schema> {
  const value: unknown = JSON.parse(message.toString());
  if (!fits(schema, value)) throw new Error('a message that is none of ours');
  return value;
}

function encode(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

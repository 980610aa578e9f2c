/** What a worker and its disposable child say to each other; the worker believes none of it unseen. */
import {
  acceptedFormats,
  fits,
  outputFormats,
  PictureOrder,
  type Problem,
  type ProblemCode,
  StoredColours,
  switchedFormats,
} from '@tintype/contracts';
import type { MadePicture, PictureStep } from '@tintype/picture';
import Type, { type Static, type TSchema } from 'typebox';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';

const Positive = Type.Integer({ minimum: 1 });

/** The first of two frames to the child; the second is the picture's bytes. */
const Request = Type.Object({
  order: PictureOrder,
  limits: Type.Object({
    maxMegapixels: Type.Number(),
    formats: Type.Optional(Type.ReadonlyType(Type.Array(Type.Enum([...switchedFormats])))),
    maxMegapixelsUnstreamed: Type.Number(),
    maxDecodeBytes: Type.Number(),
    timeoutMs: Positive,
  }),
  reducesJpegs: Type.Boolean(),
});

/** Says that a step has begun; any number of such frames comes first. */
const Progress = Type.Object({ step: Type.Enum(['decode', 'resize', 'colours']) }, { additionalProperties: false });

const Milliseconds = Type.Number({ minimum: 0 });
/** All but the bytes of the thumbnails, which follow in a frame each. */
const Made = Type.Object(
  {
    facts: Type.Object(
      {
        format: Type.Enum(acceptedFormats),
        width: Positive,
        height: Positive,
        hasAlpha: Type.Boolean(),
        isDamaged: Type.Optional(Type.Literal(true)),
      },
      { additionalProperties: false },
    ),
    renditions: Type.Array(
      Type.Object(
        { width: Positive, height: Positive, format: Type.Enum(outputFormats) },
        { additionalProperties: false },
      ),
    ),
    colours: Type.Union([Type.Null(), StoredColours]),
    placeholder: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9+/]{1,60}={0,2}$' })]),
    timingsMs: Type.Object(
      { resize: Type.Optional(Milliseconds), colours: Type.Optional(Milliseconds) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type Made = Static<typeof Made>;
export const Failed = Type.Object(
  { problem: Type.String(), detail: Type.String({ maxLength: 300 }) },
  { additionalProperties: false },
);
export const Message = Type.Union([Progress, Made, Failed]);

/** Problems of a picture: the only ones that a child may report, the last one where a frame was asked for. */
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

export type ChildTimings = Made['timingsMs'];
export type ChildAnswer = { made: MadePicture; timingsMs: ChildTimings };

export function writeRequest({ bytes, order }: PictureRequest, settings: PictureSettings): Uint8Array[] {
  const { limits, reducesJpegs } = settings;
  const request: Static<typeof Request> = { order, limits, reducesJpegs };
  return [encode(request), bytes];
}

/** The child's side: calls `onRequest` with what is asked once all of it is there. */
export function listenForRequest(onRequest: (request: PictureRequest, settings: PictureSettings) => void) {
  let asked: Static<typeof Request> | null = null;
  return (message: Buffer): number | null => {
    if (asked === null) {
      asked = read(Request, message);
      return maxSourceBytes;
    }
    const { order, ...settings } = asked;
    onRequest({ bytes: message, order }, settings);
    return null;
  };
}

export function writeStep(step: PictureStep): Uint8Array {
  return encode({ step } satisfies Static<typeof Progress>);
}

export function writeMade(
  { facts, renditions, colours, placeholder }: MadePicture,
  timingsMs: ChildTimings,
): Uint8Array[] {
  const shapes = renditions.map(({ width, height, format }) => ({ width, height, format }));
  const made: Made = { facts, renditions: shapes, colours, placeholder, timingsMs };
  return [encode(made), ...renditions.map(({ bytes }) => bytes)];
}

export function writeProblem(problem: Problem): Uint8Array[] {
  const failed: Static<typeof Failed> = { problem: problem.code, detail: problem.message.slice(0, 300) };
  return [encode(failed)];
}

/** A message of this kind; throws at any other. */
export function read<Schema extends TSchema>(schema: Schema, message: Buffer): Static<Schema> {
  const value: unknown = JSON.parse(message.toString());
  if (!fits(schema, value)) throw new Error('a message that is none of ours');
  return value;
}

function encode(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

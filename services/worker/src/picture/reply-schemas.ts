/** What a child may say, in the worker's eyes: each message is held against these. */
import { acceptedFormats, outputFormats } from '@tintype/contracts';
import { maxSampleSidePixels } from '@tintype/picture';
import Type, { type Static } from 'typebox';

const Positive = Type.Integer({ minimum: 1 });

/** Says that a step has begun; any number of such frames comes first. */
export const Progress = Type.Object(
  { step: Type.Enum(['decode', 'resize', 'colours']) },
  { additionalProperties: false },
);

const SampleSide = Type.Integer({ minimum: 1, maximum: maxSampleSidePixels });
export const SampleShape = Type.Object(
  { width: SampleSide, height: SampleSide, channels: Type.Enum([3, 4] as const), hasLight: Type.Boolean() },
  { additionalProperties: false },
);
/** All but the bytes of the thumbnails and of the sample, its pixels and its light, which follow in a frame each. */
export const Drawn = Type.Object(
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
    sample: Type.Union([Type.Null(), SampleShape]),
    resizeMs: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type SampleShape = Static<typeof SampleShape>;
export type Drawn = Static<typeof Drawn>;
export const Failed = Type.Object(
  { problem: Type.String(), detail: Type.String({ maxLength: 300 }) },
  { additionalProperties: false },
);
export const Message = Type.Union([Progress, Drawn, Failed]);
export type Progress = Static<typeof Progress>;
export type Failed = Static<typeof Failed>;
export type Message = Static<typeof Message>;

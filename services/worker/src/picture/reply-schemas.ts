/** What a child may say, in the worker's eyes: each message is held against these. */
import { acceptedFormats, outputFormats, StoredColours } from '@tintype/contracts';
import Type, { type Static } from 'typebox';

const Positive = Type.Integer({ minimum: 1 });

/** Says that a step has begun; any number of such frames comes first. */
export const Progress = Type.Object(
  { step: Type.Enum(['decode', 'resize', 'colours']) },
  { additionalProperties: false },
);

const Milliseconds = Type.Number({ minimum: 0 });
/** All but the bytes of the thumbnails, which follow in a frame each. */
export const Made = Type.Object(
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
export type Progress = Static<typeof Progress>;
export type Failed = Static<typeof Failed>;
export type Message = Static<typeof Message>;

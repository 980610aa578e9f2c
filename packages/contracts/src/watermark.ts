/** A picture of the operator's that is put upon thumbnails: as the file of presets names it, requests ask for it, and jobs carry it. */
import Type, { type Static } from 'typebox';
import { Place } from './cut.ts';
import { nearestWord } from './nearest-word.ts';
import { sizeNamePattern } from './pattern-words.ts';
import type { ProblemPlace } from './problem-document.ts';
import { usualWatermark } from './usual-watermark.ts';

/** Most watermarks of one file of presets. */
export const maxWatermarks = 20;
/** Widest room between a watermark and the edge, in pixels. */
export const maxMarginPixels = 500;

const look = {
  position: Type.Optional(Place),
  scale: Type.Optional(
    Type.Number({
      minimum: 0.01,
      maximum: 1,
      description: 'the largest that fits into this part of the width and of the height of the result',
      examples: [usualWatermark.scale],
    }),
  ),
  opacity: Type.Optional(Type.Number({ minimum: 0, maximum: 1, examples: [usualWatermark.opacity] })),
  margin: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: maxMarginPixels,
      description: 'pixels that stay free along the edges',
      examples: [usualWatermark.margin],
    }),
  ),
};

/** As a job carries it: by what the file holds, so that a changed file changes new jobs alone. */
export const Watermark = Type.Object(
  { sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }), ...look },
  { additionalProperties: false },
);
export type Watermark = Static<typeof Watermark>;

/** As a request asks for it: by its name in the file of presets. */
export const WatermarkRequest = Type.Union(
  [
    Type.String({ maxLength: 64 }),
    Type.Literal(false),
    Type.Object(
      { name: Type.String({ maxLength: 64, examples: ['logo'] }), ...look },
      { $id: 'PlacedWatermark', additionalProperties: false },
    ),
  ],
  {
    $id: 'Watermark',
    description: `a picture that the operator keeps under this name, upon the finished thumbnail (${usualWatermark.position}, scale ${usualWatermark.scale}) · false: none, where a preset or the outer options name one`,
    examples: [false],
  },
);
export type WatermarkRequest = Static<typeof WatermarkRequest>;

/** Name of a watermark in the file of presets. */
export const WatermarkName = Type.String({ pattern: sizeNamePattern });
/** One of them there: its path, from the folder of that file. */
export const WatermarkEntry = Type.Object({ file: Type.String({ minLength: 1 }) }, { additionalProperties: false });

/** The sha256 of each watermark that there is, by its name. */
export type WatermarkNames = ReadonlyMap<string, string>;

/** Words for none: the second one is how forms and queries say false. */
export const noWatermarkWords: readonly string[] = ['', 'false'];

/** Null where none is asked for. */
function named(request: WatermarkRequest | undefined) {
  const watermark = typeof request === 'object' ? request : { name: request === false ? '' : (request ?? '') };
  return noWatermarkWords.includes(watermark.name) ? null : watermark;
}

/** The watermark in one spelling; undefined for none, and for one that would not be seen. `dpr` are pixels for each of the margin. */
export function watermarkOf(request: WatermarkRequest | undefined, names: WatermarkNames, dpr: number) {
  const wanted = named(request);
  const sha256 = wanted === null ? undefined : names.get(wanted.name);
  if (wanted === null || sha256 === undefined || wanted.opacity === 0) return undefined;
  const { name: _name, ...rest } = wanted;
  const margin = Math.round((wanted.margin ?? usualWatermark.margin) * dpr);
  const usual: Readonly<Record<string, unknown>> = usualWatermark;
  const said = Object.entries({ ...rest, margin }).filter(
    ([key, value]) => value !== undefined && value !== usual[key],
  );
  return { sha256, ...Object.fromEntries(said) };
}

/** What is wrong with a watermark that there is none of: its place from the option on, and the names that there are. */
export function unknownWatermark(
  request: WatermarkRequest | undefined,
  names: WatermarkNames,
): ProblemPlace | undefined {
  const wanted = named(request);
  if (wanted === null || names.has(wanted.name)) return undefined;
  const known = [...names.keys()];
  const meant = nearestWord(wanted.name, known);
  const there = known.length === 0 ? 'there are none: PRESETS_FILE names them' : `there are ${known.join(', ')}`;
  const hint = meant === null ? there : `did you mean ${meant}? (${there})`;
  return {
    pointer: typeof request === 'object' ? '/watermark/name' : '/watermark',
    detail: `is no watermark; ${hint}`,
  };
}

/** Matching a colour, or a picture's colour, against a palette. */
import Type, { type Static } from 'typebox';
import { IgnoredColours, PaletteSize } from './colour-options.ts';
import { PaletteEntry, PaletteName } from './palette.ts';
import { Background, CacheUse, Colour, ColourWithShare, maxUrlLength } from './thumbnail.ts';

/** Most colours that one call may match. */
export const maxMatchedColours = 100;
const maxMatches = 50;

/** More than the longest names of colours take. */
const maxHexListLength = maxMatchedColours * 30;

const HexList = Type.String({
  maxLength: maxHexListLength,
  description:
    `one colour or up to ${maxMatchedColours}, comma separated: \`#rrggbb\`, \`#rgb\` or CSS names; the # may be left ` +
    'out, and must be written %23 where it is not',
  examples: ['008080'],
});

const metrics = ['ciede2000', 'oklab', 'rgb'] as const;
const representatives = ['dominant', 'background'] as const;

const matchFields = {
  of: Type.Optional(
    Type.Enum(representatives, {
      default: 'dominant',
      description: 'which colour of the picture represents it',
    }),
  ),
  palette: Type.Optional(
    Type.String({ ...PaletteName, default: 'css3', description: '`css3`, `basic16`, `xkcd` or one of your own' }),
  ),
  metric: Type.Optional(
    Type.Enum(metrics, {
      default: 'ciede2000',
      description:
        'CIEDE2000 agrees best with how people name colours; oklab has a and b doubled; rgb is plain distance',
    }),
  ),
  tolerance: Type.Optional(
    Type.Number({
      minimum: 0,
      description: 'largest distance that counts as a match (ciede2000 10, oklab 0.12, rgb 50)',
    }),
  ),
  strict: Type.Optional(Type.Boolean({ default: false, description: 'leave out matches beyond the tolerance' })),
  count: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxMatches, default: 4, description: 'how many matches to answer' }),
  ),
  colours: Type.Optional(PaletteSize),
  ignore: Type.Optional(IgnoredColours),
};

/** Query of `GET /v1/colours/match`: a URL or colours, not both. */
export const MatchQuery = Type.Object(
  {
    url: Type.Optional(Type.String({ minLength: 1, maxLength: maxUrlLength, description: 'address of a picture' })),
    hex: Type.Optional(HexList),
    ...matchFields,
  },
  { additionalProperties: false },
);
export type MatchQuery = Static<typeof MatchQuery>;

/** Fields beside the `file` part of `POST /v1/colours/match`. */
export const MatchFields = Type.Object(matchFields, { additionalProperties: false });
export type MatchFields = Static<typeof MatchFields>;

const Match = Type.Object(
  { ...PaletteEntry.properties, distance: Type.Number(), within_tolerance: Type.Boolean() },
  { $id: 'Match', additionalProperties: true },
);

const answerFields = {
  metric: Type.Enum(metrics, { $id: 'Metric' }),
  tolerance: Type.Number(),
  palette_name: Type.String(),
};

/** One colour with its nearest palette colours, nearest first; empty when strict and nothing is near enough. */
export const ColourMatches = Type.Object(
  { colour: Type.Union([Colour, Type.Null()]), matches: Type.Array(Match) },
  { $id: 'ColourMatches' },
);

/** Answer for a picture, or for one colour (then without what only a picture has). */
export const MatchAnswer = Type.Object(
  {
    ...ColourMatches.properties,
    ...answerFields,
    url: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    of: Type.Optional(Type.Enum(representatives, { $id: 'Representative' })),
    background: Type.Optional(Background),
    palette: Type.Optional(Type.Array(ColourWithShare)),
    cache: Type.Optional(CacheUse),
    job: Type.Optional(Type.String({ description: 'address of the job behind it' })),
  },
  { $id: 'MatchAnswer' },
);
export type MatchAnswer = Static<typeof MatchAnswer>;

/** Answer for several colours. */
export const MatchList = Type.Object({ data: Type.Array(ColourMatches), ...answerFields }, { $id: 'MatchList' });

/** The use case of matching: a colour, several, or the colour of a picture against a palette. */
import { type ColourMetric, defaultTolerance, nameOf, nearestColours, rgbFromHex } from '@tintype/colour';
import type { MatchAnswer, MatchFields } from '@tintype/contracts';
import { jsonTexts } from '../http/json-texts.ts';
import type { NamedPalette } from '../palettes/named-palette.ts';
import { type ColourView, coloursView, colourView } from '../thumbnails/colour-view.ts';
import type { CompletedRecord } from './completed.ts';

export type Matching = {
  metric: ColourMetric;
  tolerance: number;
  strict: boolean;
  count: number;
  of: 'dominant' | 'background';
};

/** Options with every default filled in; the tolerance's default depends on the metric. */
export function matchingOf(fields: MatchFields): Matching {
  const metric = fields.metric ?? 'ciede2000';
  return {
    metric,
    tolerance: fields.tolerance ?? defaultTolerance[metric],
    strict: fields.strict ?? false,
    count: fields.count ?? 4,
    of: fields.of ?? 'dominant',
  };
}

type ColourMatches = Pick<MatchAnswer, 'colour' | 'matches'>;

/** The palette's nearest colours, nearest first, with all that their owner noted. */
export function matchColour(hex: string, palette: NamedPalette, matching: Matching): ColourMatches {
  const rgb = rgbFromHex(hex);
  const matches = nearestColours(palette.prepared, rgb, matching).map(({ entry, distance }) => ({
    ...entry,
    distance: Math.round(distance * 1e4) / 1e4,
    within_tolerance: distance <= matching.tolerance,
  }));
  return {
    colour: colourView({ hex, name: nameOf(rgb) }),
    matches: matching.strict ? matches.filter((match) => match.within_tolerance) : matches,
  };
}

/** What every answer says of how it was found. */
export function matchingFacts(palette: NamedPalette, { metric, tolerance }: Matching) {
  return { metric, tolerance, palette_name: palette.name };
}

/** The answer for several colours, in their order, or for one, as texts: each is matched when its turn comes. */
export function* matchTexts(list: string, palette: NamedPalette, matching: Matching): Generator<string, void> {
  const [first = '', ...others] = list.split(',').map((hex) => `#${hex.replace('#', '').toLowerCase()}`);
  const facts = matchingFacts(palette, matching);
  if (others.length === 0) return yield* jsonTexts({ ...matchColour(first, palette, matching), ...facts });
  yield '{"data":[';
  for (const hex of [first, ...others]) {
    if (hex !== first) yield ',';
    yield* jsonTexts(matchColour(hex, palette, matching));
  }
  yield `],${JSON.stringify(facts).slice(1)}`;
}

/** The answer for a picture whose job is completed. A picture whose colour is `transparent` has no match. */
export function matchPicture(
  record: CompletedRecord,
  palette: NamedPalette,
  matching: Matching,
  jobUrl: string,
): MatchAnswer {
  const colours = coloursView(record.result.colours);
  const representative: ColourView | 'transparent' | null = colours[matching.of];
  const found: ColourMatches =
    representative === null || representative === 'transparent'
      ? { colour: null, matches: [] }
      : { ...matchColour(representative.hex, palette, matching), colour: representative };
  return {
    ...found,
    ...matchingFacts(palette, matching),
    url: 'url' in record.data.source ? record.data.source.url : null,
    of: matching.of,
    background: colours.background,
    palette: colours.palette,
    cache: record.result.cache,
    job: jobUrl,
  };
}

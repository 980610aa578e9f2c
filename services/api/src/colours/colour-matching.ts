/** The use case of matching: a colour, several, or the colour of a picture against a palette. */
import { type ColourMetric, defaultTolerance, nameOf, nearestColours, rgbFromHex } from '@tintype/colour';
import type { MatchAnswer, MatchFields, PaletteEntry } from '@tintype/contracts';
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

type Nearest = { entry: PaletteEntry; distance: number; within_tolerance: boolean };

/** The palette's nearest colours, nearest first. */
function nearestOf(hex: string, palette: NamedPalette, matching: Matching): { colour: ColourView; nearest: Nearest[] } {
  const rgb = rgbFromHex(hex);
  const nearest = nearestColours(palette.prepared, rgb, matching).map(({ entry, distance }) => ({
    entry,
    distance: Math.round(distance * 1e4) / 1e4,
    within_tolerance: distance <= matching.tolerance,
  }));
  return {
    colour: colourView({ hex, name: nameOf(rgb) }),
    nearest: matching.strict ? nearest.filter((match) => match.within_tolerance) : nearest,
  };
}

/** With all that the colours' owner noted. */
export function matchColour(hex: string, palette: NamedPalette, matching: Matching): ColourMatches {
  const { colour, nearest } = nearestOf(hex, palette, matching);
  return { colour, matches: nearest.map(({ entry, ...found }) => ({ ...entry, ...found })) };
}

/** What every answer says of how it was found. */
export function matchingFacts(palette: NamedPalette, { metric, tolerance }: Matching) {
  return { metric, tolerance, palette_name: palette.name };
}

/** The answer for several colours, in their order, or for one, as texts: each is matched when its turn comes. */
export function* matchTexts(
  hexes: readonly string[],
  palette: NamedPalette,
  matching: Matching,
): Generator<string, void> {
  const facts = JSON.stringify(matchingFacts(palette, matching)).slice(1);
  const isList = hexes.length > 1;
  if (isList) yield '{"data":[';
  for (const [at, hex] of hexes.entries()) {
    if (at > 0) yield ',';
    yield* colourTexts(nearestOf(hex, palette, matching));
    if (isList) yield '}';
  }
  yield `${isList ? ']' : ''},${facts}`;
}

/** Without the last brace. */
function* colourTexts({ colour, nearest }: ReturnType<typeof nearestOf>): Generator<string, void> {
  yield `{"colour":${JSON.stringify(colour)},"matches":[`;
  for (const [at, { entry, ...found }] of nearest.entries()) {
    if (at > 0) yield ',';
    yield openTextOf(entry);
    yield `,${JSON.stringify(found).slice(1)}`;
  }
  yield ']';
}

/** An answer may repeat a colour's many words a hundred times, for hundreds of readers: they are written once. */
const openTexts = new WeakMap<PaletteEntry, string>();

/** The JSON of a colour without its last brace; what a match adds is not the owner's to say. */
function openTextOf(entry: PaletteEntry): string {
  const known = openTexts.get(entry);
  if (known !== undefined) return known;
  const { distance, within_tolerance, ...own } = entry;
  const text = JSON.stringify(own).slice(0, -1);
  openTexts.set(entry, text);
  return text;
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

/** What an AVIF says of its colours: ISO/IEC 23008-12, the properties of the primary item, and AV1 itself. */
import type { Box } from '../isobmff/boxes.ts';
import { alphaOf, type HeifItems, type Item, itemsOf, startOf, withSources } from '../isobmff/items.ts';
import { av1ColourOf } from './av1-sequence.ts';
import { codesOfStream, encodingOfCodes } from './encoding.ts';
import { nothingSaid, type SourceColour } from './told-colour.ts';
import { kindOfProfile } from './with-profile.ts';

/** AV1 in ISOBMFF 1.2, 2.3.3: flags of the third byte of `av1C`. */
const [highBitDepth, monochrome] = [0x40, 0x10];
const unspecified = 2;

/** No encoding is sRGB; where there is a profile, that counts for more. */
export function colourOfAvif(bytes: Buffer): SourceColour {
  const tree = itemsOf(bytes);
  const primary = tree?.items.get(tree.primaryId);
  if (!tree || !primary) return nothingSaid;
  const coded = codedPart(tree, primary);
  const colours = colourBoxes(tree, primary);
  const profile = colours.find((colour) => ['prof', 'rICC'].includes(kindOf(colour)))?.subarray(4);
  const isGrey = isCodedAs(coded, monochrome);
  const { primaries, transfer, isNarrow } = codesOf(colours) ?? codesOfAv1(bytes, tree, coded);
  const [primariesMeant, transferMeant] = profile ? [unspecified, unspecified] : [primaries, transfer];
  const isPremultiplied = tree.references.some(({ type, from }) => type === 'prem' && from === primary.id);
  const hasNarrowAlpha = isNarrowAlpha(bytes, tree, primary);
  const isOfGrey = isGrey && profile !== undefined && kindOfProfile(profile) === 'GRAY';
  // One for grey libvips does not apply to pixels that libheif has made colours of.
  const isLeftToUs = isPremultiplied || hasNarrowAlpha || isOfGrey;
  return {
    // Of colours libheif undoes a narrow range, of grey it does not.
    encoding: encodingOfCodes(primariesMeant, transferMeant, isGrey && isNarrow) ?? null,
    hasDeepProfile: profile !== undefined && isCodedAs(coded, highBitDepth) && !isLeftToUs,
    profile: profile && isLeftToUs ? profile : null,
    isPremultiplied,
    hasNarrowAlpha,
  };
}

/** The first of the pictures that one is put together of, or itself. */
function codedPart(tree: HeifItems, item: Item): Item {
  return withSources(tree, item).find(({ type }) => type === 'av01') ?? item;
}

function isCodedAs({ properties }: Item, flag: number): boolean {
  return properties.some(({ type, inside }) => type === 'av1C' && ((inside[2] ?? 0) & flag) !== 0);
}

const kindOf = (colour: Buffer) => colour.toString('latin1', 0, 4);

/** Where the primary item has none, those of its tiles. */
function colourBoxes(tree: HeifItems, primary: Item): Buffer[] {
  const boxesIn = (properties: readonly Box[]) =>
    properties.filter(({ type }) => type === 'colr').map(({ inside }) => inside);
  const own = boxesIn(primary.properties);
  return own.length > 0 ? own : boxesIn(withSources(tree, primary).flatMap(({ properties }) => properties));
}

type Codes = { primaries: number; transfer: number; isNarrow: boolean };

/** Of `nclx`; null where it leaves all unspecified: then its range does not count either, as with libheif. */
function codesOf(colours: readonly Buffer[]): Codes | null {
  const codes = colours.find((colour) => kindOf(colour) === 'nclx' && colour.length >= 11);
  if (!codes) return null;
  const [primaries, transfer, matrix] = [codes.readUInt16BE(4), codes.readUInt16BE(6), codes.readUInt16BE(8)];
  if ([primaries, transfer, matrix].every((code) => code === unspecified)) return null;
  return { primaries, transfer, isNarrow: ((codes[10] ?? 0) & 0x80) === 0 };
}

function codesOfAv1(bytes: Buffer, tree: HeifItems, coded: Item): Codes {
  const colour = av1ColourOf(startOf(bytes, tree, coded));
  const codes = colour && codesOfStream(colour.codes);
  return { ...(codes ?? { primaries: unspecified, transfer: unspecified }), isNarrow: colour?.isNarrow ?? false };
}

/**
 * AVIF 1.0 allowed transparency of narrow range, and encoders wrote it; later versions do not. Of a colour box beside it
 * nothing counts (AVIF 1.1, 4.1).
 */
function isNarrowAlpha(bytes: Buffer, tree: HeifItems, primary: Item): boolean {
  const alpha = alphaOf(tree, primary) ?? alphaOf(tree, codedPart(tree, primary));
  return alpha !== undefined && (av1ColourOf(startOf(bytes, tree, codedPart(tree, alpha)))?.isNarrow ?? false);
}

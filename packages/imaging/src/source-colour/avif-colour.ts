/** What an AVIF says of its colours: ISO/IEC 23008-12, the properties of the primary item. */
import type { Box } from '../isobmff/boxes.ts';
import { isPremultiplied, propertiesOfPrimary } from '../isobmff/items.ts';
import { encodingOfCodes } from './encoding.ts';
import type { SourceColour } from './source-colour.ts';
import { kindOfProfile } from './with-profile.ts';

/** AV1 in ISOBMFF 1.2, 2.3.3: flags of the third byte of `av1C`. */
const [highBitDepth, monochrome] = [0x40, 0x10];

/** No encoding is sRGB; where there is a profile, that counts for more. */
export function colourOfAvif(bytes: Buffer): SourceColour {
  const properties = colouredProperties(bytes);
  const colours = properties.filter(({ type }) => type === 'colr').map(({ inside }) => inside);
  const kindOf = (colour: Buffer) => colour.toString('latin1', 0, 4);
  const profile = colours.find((colour) => ['prof', 'rICC'].includes(kindOf(colour)))?.subarray(4);
  const codes = colours.find((colour) => kindOf(colour) === 'nclx' && colour.length >= 11);
  const codedAs = (bits: number) =>
    properties.some(({ type, inside }) => type === 'av1C' && ((inside[2] ?? 0) & bits) !== 0);
  const isGrey = codedAs(monochrome);
  // Of colours libheif undoes a narrow range, of grey it does not.
  const isNarrow = isGrey && codes !== undefined && ((codes[10] ?? 0) & 0x80) === 0;
  const [primaries, transfer] = codes && !profile ? [codes.readUInt16BE(4), codes.readUInt16BE(6)] : [2, 2];
  const isMultiplied = isPremultiplied(bytes);
  const isOfGrey = isGrey && profile !== undefined && kindOfProfile(profile) === 'GRAY';
  return {
    encoding: encodingOfCodes(primaries, transfer, isNarrow) ?? null,
    hasDeepProfile: profile !== undefined && codedAs(highBitDepth) && !isMultiplied && !isOfGrey,
    // One for grey libvips does not apply to pixels that libheif has made colours of.
    profile: profile && (isMultiplied || isOfGrey) ? profile : null,
    isPremultiplied: isMultiplied,
  };
}

/** Where the primary item has none, all that there are: its tiles may have them. */
function colouredProperties(bytes: Buffer): Box[] {
  const { own, all } = propertiesOfPrimary(bytes);
  return own.some(({ type }) => type === 'colr') ? own : all;
}

/** What an AVIF says of its colours: ISO/IEC 23008-12, the properties of the primary item. */
import type { Box } from '../isobmff/boxes.ts';
import { propertiesOfPrimary } from '../isobmff/items.ts';
import { encodingOfCodes } from './encoding.ts';
import { type SourceColour, unlessPlain } from './source-colour.ts';

/** Null where libvips is right. */
export function colourOfAvif(bytes: Buffer): SourceColour | null {
  const { own, all, isMultiplied } = propertiesOfPrimary(bytes);
  const properties = own.some(({ type }) => type === 'colr') ? own : all;
  const colours = properties.filter(({ type }) => type === 'colr').map(({ inside }) => inside);
  const kindOf = (colour: Buffer) => colour.toString('latin1', 0, 4);
  const profile = colours.find((colour) => ['prof', 'rICC'].includes(kindOf(colour)))?.subarray(4);
  const codes = colours.find((colour) => kindOf(colour) === 'nclx' && colour.length >= 11);
  const isGrey = hasFlag(properties, flag.isGrey);
  // Of colours libheif undoes a narrow range, of grey it does not.
  const isNarrow = isGrey && codes !== undefined && ((codes[10] ?? 0) & 0x80) === 0;
  const [primaries, transfer] = codes && !profile ? [codes.readUInt16BE(4), codes.readUInt16BE(6)] : [2, 2];
  return unlessPlain({
    encoding: encodingOfCodes(primaries, transfer, isNarrow) ?? null,
    greyProfile: isGrey && profile && kindOfProfile(profile) === 'GRAY' ? profile : null,
    hasProfile:
      profile !== undefined && kindOfProfile(profile) === 'RGB ' && (isMultiplied || hasFlag(all, flag.isDeep)),
    isMultiplied,
  });
}

/** ICC.1, 7.2.6: the colours that it is for. */
function kindOfProfile(profile: Buffer): string {
  return profile.toString('latin1', 16, 20);
}

/** Of the box `av1C`: AV1 in ISOBMFF 1.3, section 2.3.3. */
const flag = { isDeep: 0x40, isGrey: 0x10 };

function hasFlag(properties: readonly Box[], bit: number): boolean {
  return properties.some(({ type, inside }) => type === 'av1C' && ((inside[2] ?? 0) & bit) !== 0);
}

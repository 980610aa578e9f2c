/** What an AVIF says of its colours: ISO/IEC 23008-12, the properties of the primary item. */
import type { Box } from '../isobmff/boxes.ts';
import { propertiesOfPrimary } from '../isobmff/items.ts';
import { type ColourEncoding, encodingOfCodes } from './encoding.ts';

export type AvifColour = {
  /** Null for sRGB, and where there is a profile, which counts for more. */
  encoding: ColourEncoding | null;
  /** A profile for grey, which libvips does not apply to pixels that libheif has made colours of. */
  greyProfile: Buffer | null;
};

export function colourOfAvif(bytes: Buffer): AvifColour {
  const properties = colouredProperties(bytes);
  const colours = properties.filter(({ type }) => type === 'colr').map(({ inside }) => inside);
  const kindOf = (colour: Buffer) => colour.toString('latin1', 0, 4);
  const profile = colours.find((colour) => ['prof', 'rICC'].includes(kindOf(colour)))?.subarray(4);
  const codes = colours.find((colour) => kindOf(colour) === 'nclx' && colour.length >= 11);
  const isGrey = properties.some(({ type, inside }) => type === 'av1C' && ((inside[2] ?? 0) & 0x10) !== 0);
  // Of colours libheif undoes a narrow range, of grey it does not.
  const isNarrow = isGrey && codes !== undefined && ((codes[10] ?? 0) & 0x80) === 0;
  const [primaries, transfer] = codes && !profile ? [codes.readUInt16BE(4), codes.readUInt16BE(6)] : [2, 2];
  return {
    encoding: encodingOfCodes(primaries, transfer, isNarrow) ?? null,
    greyProfile: isGrey && profile?.toString('latin1', 16, 20) === 'GRAY' ? profile : null,
  };
}

/** Where the primary item has none, all that there are: its tiles may have them. */
function colouredProperties(bytes: Buffer): Box[] {
  const { own, all } = propertiesOfPrimary(bytes);
  return own.some(({ type }) => type === 'colr') ? own : all;
}

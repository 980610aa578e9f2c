/** A colour as it is answered: its hex and its name. */
import { hexFromRgb, type Rgb, rgbFromHex } from './convert.ts';
import { nameOf } from './css-colours.ts';

/** A colour with its nearest CSS name. */
export type NamedHex = { hex: string; name: string };

/** The name is that of the rounded colour, so that whoever looks up the hex gets the same. */
export function named(rgb: Rgb): NamedHex {
  const hex = hexFromRgb(rgb);
  return { hex, name: nameOf(rgbFromHex(hex)) };
}

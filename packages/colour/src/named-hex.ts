/** A colour as it is answered: its hex and its name. */
import { byteOf, hexFromRgb, type Rgb } from './convert.ts';
import { nameOf } from './css-colours.ts';

/** A colour with its nearest CSS name. */
export type NamedHex = { hex: string; name: string };

/** The name is that of the rounded colour, so that whoever looks up the hex gets the same. */
export function named(rgb: Rgb): NamedHex {
  const bytes = [byteOf(rgb[0]), byteOf(rgb[1]), byteOf(rgb[2])] as const;
  return { hex: hexFromRgb(bytes), name: nameOf(bytes) };
}

/** What a file says of its colours that libvips does not follow: it knows profiles, and takes everything else for sRGB. */
import type { ColourEncoding } from './encoding.ts';

export type SourceColour = {
  /** Null for sRGB, and where a profile counts. */
  encoding: ColourEncoding | null;
  /** A profile for grey, which libvips does not apply to pixels that libheif has made colours of. */
  greyProfile: Buffer | null;
  /** Samples of more than 8 bits, or multiplied ones, and a profile for them, which then is followed here. */
  hasProfile: boolean;
  /** Colours are multiplied by their alpha. */
  isMultiplied: boolean;
};

export const nothingSaid: SourceColour = { encoding: null, greyProfile: null, hasProfile: false, isMultiplied: false };

/** Null where libvips is right. */
export function unlessPlain(colour: SourceColour): SourceColour | null {
  const { encoding, greyProfile, hasProfile, isMultiplied } = colour;
  return encoding === null && greyProfile === null && !hasProfile && !isMultiplied ? null : colour;
}

/** What a file says of its colours that libvips does not follow: it knows profiles, and takes everything else for sRGB. */
import { sniffFormat } from '@tintype/contracts';
import { colourOfAvif } from './avif-colour.ts';
import type { ColourEncoding } from './encoding.ts';
import { colourOfPng } from './png-colour.ts';

export type SourceColour = { encoding: ColourEncoding | null; greyProfile: Buffer | null };

/** Null where libvips is right. */
export function sourceColourOf(bytes: Buffer): SourceColour | null {
  const format = sniffFormat(bytes);
  if (format === 'png') return somethingOf({ encoding: colourOfPng(bytes), greyProfile: null });
  return format === 'avif' ? somethingOf(colourOfAvif(bytes)) : null;
}

function somethingOf(colour: SourceColour): SourceColour | null {
  return colour.encoding === null && colour.greyProfile === null ? null : colour;
}

/** What a file can say of its colours that libvips does not follow. */
import type { ColourEncoding } from './encoding.ts';

export type SourceColour = {
  /** Null is sRGB, and where there is a profile. */
  encoding: ColourEncoding | null;
  /** Sharp makes sRGB of what has a profile only where samples have eight bits. */
  hasDeepProfile: boolean;
  /** Of an AVIF: one that libvips must not apply, or does not. */
  profile: Buffer | null;
  /** Colours are multiplied by their alpha. */
  isPremultiplied: boolean;
  /** Of an AVIF: an alpha of 16 is transparent and one of 235 opaque, of 255. */
  hasNarrowAlpha: boolean;
};

export const nothingSaid: SourceColour = {
  encoding: null,
  hasDeepProfile: false,
  profile: null,
  isPremultiplied: false,
  hasNarrowAlpha: false,
};

/** Colours or alpha must be put right before anything is averaged: the picture is decoded at its own size. */
export function isForWhole({ isPremultiplied, hasNarrowAlpha }: SourceColour): boolean {
  return isPremultiplied || hasNarrowAlpha;
}

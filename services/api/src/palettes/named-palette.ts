/** A palette that can be matched against, by its name. */
import type { PreparedPalette } from '@tintype/colour';
import type { PaletteEntry } from '@tintype/contracts';

export type NamedPalette = {
  name: string;
  kind: 'built-in' | 'own';
  etag: string;
  prepared: PreparedPalette<PaletteEntry>;
};

/** What a list says of a palette. */
export type PaletteFacts = { name: string; kind: NamedPalette['kind']; size: number };

/** From the tag of the body: stands for the colours, and says how many there are, which is all that a list needs. */
export function paletteTag(bodyTag: string, size: number): string {
  return `${bodyTag}.${size}`;
}

/** How many colours a tag says that there are; 0 of one that is of another form. */
export function sizeIn(tag: string): number {
  const size = Number(tag.split('.')[1]);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

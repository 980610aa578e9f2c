/** A palette that can be matched against, by its name. */
import type { PreparedPalette } from '@tintype/colour';
import type { PaletteEntry } from '@tintype/contracts';
import { tagOf } from '../http/etags.ts';

export type NamedPalette = {
  name: string;
  kind: 'built-in' | 'own';
  etag: string;
  prepared: PreparedPalette<PaletteEntry>;
};

/** What a list says of a palette. */
export type PaletteFacts = { name: string; kind: NamedPalette['kind']; size: number };

/** Stands for the colours, and says how many there are: a list needs nothing else. */
export function paletteTag(body: string, size: number): string {
  return `${tagOf(body)}.${size}`;
}

/** How many colours a tag says that there are; 0 of one that is of another form. */
export function sizeIn(tag: string): number {
  const size = Number(tag.split('.')[1]);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

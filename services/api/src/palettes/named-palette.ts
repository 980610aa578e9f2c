/** A palette that can be matched against, by its name. */
import type { PreparedPalette } from '@tintype/colour';
import type { PaletteEntry } from '@tintype/contracts';
import type { Held } from '../http/answer-memory.ts';

export type NamedPalette = {
  name: string;
  kind: 'built-in' | 'own';
  etag: string;
  prepared: PreparedPalette<PaletteEntry>;
  /** What an answer holds that is made of it as its client reads; null for a built-in one, which is always there. */
  held: Held | null;
};

/** For each byte of the body, and for each colour: as measured of palettes with few and with many fields. */
const [heldPerByte, heldPerColour] = [5, 300];

/** An estimate of what a palette takes in memory. */
export function heldBy(prepared: PreparedPalette<PaletteEntry>, bodyBytes: number): Held {
  return { what: prepared, bytes: heldPerByte * bodyBytes + heldPerColour * prepared.entries.length };
}

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

/** The colours of all items in one array, gone through from end to end for each search. */
import type { Oklab } from '@tintype/colour';

/** Of an item; more are not looked at. */
export const mostColours = 16;
/** Lightness, a, b and share. */
const cells = 4;
/** What a colour at the very end of the tolerance still counts, one that is equal counting 1. */
const farthest = 0.1;
/** What is stored is rounded by less: a tolerance of 0 finds equal colours. */
const rounding = 1e-6;

export type PaletteColour = { lab: Oklab; share: number };

export class Palettes {
  #values = new Float32Array(256);
  #filled = 0;
  #unused = 0;
  /** By slot: where its colours begin, and how many they are. */
  #starts = new Uint32Array(64);
  #counts = new Uint8Array(64);

  get bytes(): number {
    return this.#values.byteLength + this.#starts.byteLength + this.#counts.byteLength;
  }

  /** The slot has none yet. */
  add(slot: number, colours: readonly PaletteColour[]): void {
    this.#makeRoom(slot);
    this.#starts[slot] = this.#filled;
    this.#counts[slot] = Math.min(mostColours, colours.length);
    for (const { lab, share } of colours.slice(0, mostColours)) {
      // Doubled as `oklabDistance` does it.
      this.#values.set([lab[0], 2 * lab[1], 2 * lab[2], share], this.#filled);
      this.#filled += cells;
    }
  }

  remove(slot: number): void {
    this.#unused += cells * (this.#counts[slot] ?? 0);
    this.#counts[slot] = 0;
    if (this.#unused > 1024 && 4 * this.#unused > this.#filled) this.#compact();
  }

  /** The slot's colours. */
  of(slot: number): PaletteColour[] {
    const start = this.#starts[slot] ?? 0;
    return Array.from({ length: this.#counts[slot] ?? 0 }, (_, at) => {
      const [l = 0, a = 0, b = 0, share = 0] = this.#values.subarray(start + cells * at, start + cells * (at + 1));
      return { lab: [l, a / 2, b / 2] as const, share };
    });
  }

  /**
   * How much of the slot's picture has the colour, 0 … 1: the shares of its colours within `tolerance`, a greatest
   * `oklabDistance`, each the less the farther it is; 0 when no colour is within.
   */
  nearness(slot: number, [lightness, a, b]: Oklab, tolerance: number): number {
    const values = this.#values;
    const reach = tolerance + rounding;
    const loss = (1 - farthest) / reach;
    let sum = 0;
    let at = this.#starts[slot] ?? 0;
    for (const end = at + cells * (this.#counts[slot] ?? 0); at < end; at += cells) {
      const dl = (values[at] ?? 0) - lightness;
      const da = (values[at + 1] ?? 0) - 2 * a;
      const db = (values[at + 2] ?? 0) - 2 * b;
      const square = dl * dl + da * da + db * db;
      if (square <= reach * reach) sum += (values[at + 3] ?? 0) * (1 - loss * Math.sqrt(square));
    }
    return Math.min(1, sum);
  }

  /**
   * How much of a picture with the colours the slot's picture has too, 0 … 1: of each colour the share that both have,
   * by the slot's nearest colour that is nearer than `reach`, the less the farther it is. 0 as soon as it cannot come to
   * `least`: the greatest shares come first.
   */
  likeness(slot: number, colours: readonly PaletteColour[], reach: number, least: number): number {
    const values = this.#values;
    const start = this.#starts[slot] ?? 0;
    const end = start + cells * (this.#counts[slot] ?? 0);
    let sum = 0;
    let missing = colours.reduce((all, { share }) => all + share, 0);
    for (const { lab, share } of colours) {
      const [lightness, a, b] = [lab[0], 2 * lab[1], 2 * lab[2]];
      let nearest = reach * reach;
      let common = 0;
      for (let at = start; at < end; at += cells) {
        const dl = (values[at] ?? 0) - lightness;
        const da = (values[at + 1] ?? 0) - a;
        const db = (values[at + 2] ?? 0) - b;
        const square = dl * dl + da * da + db * db;
        if (square >= nearest) continue;
        nearest = square;
        common = Math.min(share, values[at + 3] ?? 0);
      }
      sum += common * (1 - Math.sqrt(nearest) / reach);
      missing -= share;
      if (sum + missing < least) return 0;
    }
    return sum;
  }

  #makeRoom(slot: number): void {
    const needed = this.#filled + cells * mostColours;
    if (needed > this.#values.length) {
      const longer = new Float32Array(Math.ceil(1.5 * needed));
      longer.set(this.#values);
      this.#values = longer;
    }
    if (slot < this.#counts.length) return;
    const [starts, counts] = [this.#starts, this.#counts];
    const length = Math.max(slot + 1, Math.ceil(1.5 * counts.length));
    this.#starts = new Uint32Array(length);
    this.#starts.set(starts);
    this.#counts = new Uint8Array(length);
    this.#counts.set(counts);
  }

  /** By slots, so that a scan goes through the array in order. */
  #compact(): void {
    const values = new Float32Array(Math.ceil(1.25 * (this.#filled - this.#unused)) + cells * mostColours);
    let filled = 0;
    for (const [slot, count] of this.#counts.entries()) {
      const start = this.#starts[slot] ?? 0;
      values.set(this.#values.subarray(start, start + cells * count), filled);
      this.#starts[slot] = filled;
      filled += cells * count;
    }
    this.#values = values;
    this.#filled = filled;
    this.#unused = 0;
  }
}

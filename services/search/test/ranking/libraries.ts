/** Items for tests of the ranking. */
import { oklabFromRgb, rgbFromHex } from '@tintype/colour';
import type { RankedItem, Search } from '../../src/index.ts';

/** Ids of one form, the greater the newer. */
export function idOf(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function itemOf(number: number, caption: string, more: Partial<RankedItem> = {}): RankedItem {
  return { id: idOf(number), name: `picture ${number}`, caption, tags: [], fileName: null, colours: [], ...more };
}

export function colourOf(hex: string, share: number, name = ''): RankedItem['colours'][number] {
  return { lab: oklabFromRgb(rgbFromHex(hex)), share, name };
}

export function searchOf(text: string, more: Partial<Search> = {}): Search {
  return { text, colour: null, tolerance: 0.1, offset: 0, limit: 100, explain: false, ...more };
}

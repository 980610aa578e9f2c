/** Prepared palettes in memory: the latest ones, of a bounded number and size. */
import type { NamedPalette } from './named-palette.ts';

const maxPalettes = 64;
/** Of all bodies together, as JSON; in memory a palette takes several times as much. */
const maxChars = 16 * 1024 * 1024;

export type PaletteCache = {
  get(key: string): NamedPalette | undefined;
  /** The oldest ones make room. */
  keep(key: string, palette: NamedPalette, chars: number): void;
};

export function createPaletteCache(): PaletteCache {
  const kept = new Map<string, { palette: NamedPalette; chars: number }>();
  let total = 0;
  const forget = (key: string) => {
    total -= kept.get(key)?.chars ?? 0;
    kept.delete(key);
  };
  return {
    get: (key) => kept.get(key)?.palette,
    keep(key, palette, chars) {
      forget(key);
      kept.set(key, { palette, chars });
      total += chars;
      for (const oldest of kept.keys()) {
        if ((kept.size <= maxPalettes && total <= maxChars) || oldest === key) break;
        forget(oldest);
      }
    },
  };
}

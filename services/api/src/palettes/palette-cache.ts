/** Prepared palettes in memory: the latest ones, of a bounded number and size; no tenant's push out those of one with fewer. */
import type { NamedPalette } from './named-palette.ts';

const maxPalettes = 64;
/** Of all bodies together, as JSON; in memory a palette takes several times as much. */
const maxBytes = 16 * 1024 * 1024;

export type PaletteCache = {
  get(tenant: string, name: string): NamedPalette | undefined;
  /** `bytes`: of the body. What is too much is made room for by the tenant that has most, by its oldest ones. */
  keep(tenant: string, palette: NamedPalette, bytes: number): void;
};

/** A tenant's, by name, the oldest first. */
type Share = { palettes: Map<string, { palette: NamedPalette; bytes: number }>; bytes: number };

export function createPaletteCache(): PaletteCache {
  const shares = new Map<string, Share>();

  function forget(tenant: string, share: Share, name: string): void {
    share.bytes -= share.palettes.get(name)?.bytes ?? 0;
    share.palettes.delete(name);
    if (share.palettes.size === 0) shares.delete(tenant);
  }

  function makeRoom(most: number, sizeOf: (share: Share) => number): void {
    for (;;) {
      const all = [...shares];
      if (all.reduce((sum, [, share]) => sum + sizeOf(share), 0) <= most) return;
      const [tenant, share] = all.reduce((one, other) => (sizeOf(other[1]) > sizeOf(one[1]) ? other : one));
      const [oldest] = share.palettes.keys();
      if (oldest === undefined) return;
      forget(tenant, share, oldest);
    }
  }

  return {
    get: (tenant, name) => shares.get(tenant)?.palettes.get(name)?.palette,
    keep(tenant, palette, bytes) {
      const before = shares.get(tenant);
      if (before) forget(tenant, before, palette.name);
      const share = shares.get(tenant) ?? { palettes: new Map(), bytes: 0 };
      shares.set(tenant, share);
      share.palettes.set(palette.name, { palette, bytes });
      share.bytes += bytes;
      makeRoom(maxPalettes, ({ palettes }) => palettes.size);
      makeRoom(maxBytes, (one) => one.bytes);
    },
  };
}

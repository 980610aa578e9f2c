/** Palettes by name: the built-in ones, and each tenant's own. */
import { builtInPalettes, preparePalette } from '@tintype/colour';
import { type PaletteEntry, Problem } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';
import { tagOf } from '../http/etags.ts';
import { type NamedPalette, type PaletteFacts, paletteTag } from './named-palette.ts';
import { createOwnPalettes, type PalettesOptions, type Precondition } from './own-palettes.ts';

export type Palettes = ReturnType<typeof createPalettes>;

const builtIn = new Map<string, NamedPalette>(
  Object.entries(builtInPalettes).map(([name, colours]) => {
    const entries = colours.map(({ name, hex, aliases }) => ({
      name,
      hex,
      ...(aliases.length > 0 && { aliases: [...aliases] }),
    }));
    const etag = paletteTag(tagOf(JSON.stringify(entries)), entries.length);
    return [name, { name, kind: 'built-in', etag, prepared: preparePalette(entries), held: null }];
  }),
);

/** Every method throws Problems only. */
export function createPalettes(options: PalettesOptions) {
  const own = createOwnPalettes(options);
  return {
    /** A palette to match against; throws `not_found`. */
    async get(name: string, tenant: string): Promise<NamedPalette> {
      return builtIn.get(name) ?? own.get(name, tenant);
    },

    /** Keeps an own palette. Throws `conflict` for a built-in name or too many, `precondition_failed`, `quota_exceeded`. */
    async put(name: string, tenant: string, entries: PaletteEntry[], precondition: Precondition, work: LongWork) {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be changed.` });
      return own.put(name, tenant, entries, precondition, work);
    },

    /** Forgets an own palette. Throws `not_found`, `conflict` for a built-in one, `precondition_failed`. */
    async remove(name: string, tenant: string, ifMatch: string | null): Promise<void> {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be removed.` });
      return own.remove(name, tenant, ifMatch);
    },

    /** Built-in palettes, then the tenant's own by name. */
    async list(tenant: string): Promise<PaletteFacts[]> {
      const always = [...builtIn.values()].map(({ name, kind, prepared }) => ({
        name,
        kind,
        size: prepared.entries.length,
      }));
      return [...always, ...(await own.list(tenant))];
    },
  };
}

/** Palettes by name: the built-in ones, and each tenant's own, kept in Redis and prepared once per change. */
import { createHash } from 'node:crypto';
import { builtInPalettes, type PreparedPalette, preparePalette } from '@tintype/colour';
import {
  maxPalettesPerTenant,
  PaletteBody,
  type PaletteEntry,
  Problem,
  readStored,
  UnreadableRecord,
} from '@tintype/contracts';
import { defineScript, type TenantStore, type WithDeadline } from '@tintype/redis';

export type NamedPalette = {
  name: string;
  kind: 'built-in' | 'own';
  etag: string;
  prepared: PreparedPalette<PaletteEntry>;
};

/** What a list says of a palette. */
export type PaletteFacts = { name: string; kind: NamedPalette['kind']; size: number };

/** What the client knows of the state that it changes (RFC 9110 section 13.1); null for nothing. */
export type Precondition = { ifMatch: string | null; ifNoneMatch: string | null };

export type Palettes = ReturnType<typeof createPalettes>;

/** Prepared palettes kept in memory; each own one is looked up by its ETag before it is used. */
const cachedPalettes = 64;

/** `ifMatch`: as ',tag,tag,' or '*' or ''. `ifNew`: '1' for If-None-Match *. */
const putLua = `
local now = redis.call('HGET', etags, name)
local matches = ifMatch == '*' or string.find(ifMatch, ',' .. (now or '') .. ',', 1, true)
if ifMatch ~= '' and not (now and matches) then return 'precondition' end
if ifNew == '1' and now then return 'precondition' end
if not now and redis.call('HLEN', etags) >= tonumber(most) then return 'full' end
redis.call('HSET', etags, name, etag)
redis.call('HSET', bodies, name, body)
return now and 'changed' or 'created'`;

const removeLua = `
local now = redis.call('HGET', etags, name)
if not now then return 'missing' end
if ifMatch ~= '' and ifMatch ~= '*' and not string.find(ifMatch, ',' .. now .. ',', 1, true) then return 'precondition' end
redis.call('HDEL', etags, name)
redis.call('HDEL', bodies, name)
return 'removed'`;

const builtIn = new Map<string, NamedPalette>(
  Object.entries(builtInPalettes).map(([name, colours]) => {
    const entries = colours.map(({ name, hex, aliases }) => ({
      name,
      hex,
      ...(aliases.length > 0 && { aliases: [...aliases] }),
    }));
    return [
      name,
      {
        name,
        kind: 'built-in',
        etag: etagOf(JSON.stringify(entries), entries.length),
        prepared: preparePalette(entries),
      },
    ];
  }),
);

/** Every method throws Problems only. */
export function createPalettes({ redis, keys }: TenantStore, withDeadline: WithDeadline) {
  const paletteKeys = ['etags', 'bodies'] as const;
  const keysOfTenant = (tenant: string) => ({ etags: keys.paletteEtags(tenant), bodies: keys.palettes(tenant) });
  const put = defineScript(redis, {
    name: 'tintypePutPalette',
    lua: putLua,
    keys: paletteKeys,
    args: ['name', 'ifMatch', 'ifNew', 'etag', 'body', 'most'],
  });
  const remove = defineScript(redis, {
    name: 'tintypeRemovePalette',
    lua: removeLua,
    keys: paletteKeys,
    args: ['name', 'ifMatch'],
  });
  const cache = new Map<string, NamedPalette>();

  const load = async (name: string, tenant: string): Promise<NamedPalette> => {
    const body = await withDeadline(() => redis.hget(keys.palettes(tenant), name));
    if (body === null) throw unknownPalette(name);
    const entries = readPalette(name, body);
    const etag = etagOf(body, entries.length);
    const palette: NamedPalette = { name, kind: 'own', etag, prepared: preparePalette(entries) };
    const cacheKey = `${tenant}/${name}`;
    cache.delete(cacheKey);
    cache.set(cacheKey, palette);
    if (cache.size > cachedPalettes) cache.delete(cache.keys().next().value ?? '');
    return palette;
  };

  return {
    /** A palette to match against; throws `not_found`. */
    async get(name: string, tenant: string): Promise<NamedPalette> {
      const known = builtIn.get(name);
      if (known) return known;
      const cached = cache.get(`${tenant}/${name}`);
      if (!cached) return load(name, tenant);
      const etag = await withDeadline(() => redis.hget(keys.paletteEtags(tenant), name));
      return etag === cached.etag ? cached : load(name, tenant);
    },

    /** Keeps an own palette. Throws `conflict` for a built-in name or too many, `precondition_failed`. */
    async put(name: string, tenant: string, entries: PaletteEntry[], precondition: Precondition) {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be changed.` });
      const body = JSON.stringify(entries.map((entry) => ({ ...entry, hex: entry.hex.toLowerCase() })));
      const etag = etagOf(body, entries.length);
      const outcome = await withDeadline(() =>
        put(keysOfTenant(tenant), {
          name,
          ifMatch: tagList(precondition.ifMatch),
          ifNew: precondition.ifNoneMatch === '*' ? 1 : 0,
          etag,
          body,
          most: maxPalettesPerTenant,
        }),
      );
      if (outcome === 'precondition') throw new Problem('precondition_failed');
      if (outcome === 'full')
        throw new Problem('conflict', { detail: `No more than ${maxPalettesPerTenant} palettes can be kept.` });
      return { etag, created: outcome === 'created', size: entries.length };
    },

    /** Forgets an own palette. Throws `not_found`, `conflict` for a built-in one, `precondition_failed`. */
    async remove(name: string, tenant: string, ifMatch: string | null): Promise<void> {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be removed.` });
      const outcome = await withDeadline(() => remove(keysOfTenant(tenant), { name, ifMatch: tagList(ifMatch) }));
      if (outcome === 'missing') throw unknownPalette(name);
      if (outcome === 'precondition') throw new Problem('precondition_failed');
    },

    /** Built-in palettes, then the tenant's own by name. */
    async list(tenant: string): Promise<PaletteFacts[]> {
      const etags = await withDeadline(() => redis.hgetall(keys.paletteEtags(tenant)));
      const own = Object.entries(etags).map(([name, etag]) => ({
        name,
        kind: 'own' as const,
        size: Number(etag.split('.')[1]),
      }));
      own.sort((one, other) => (one.name < other.name ? -1 : 1));
      const always = [...builtIn.values()].map(({ name, kind, prepared }) => ({
        name,
        kind,
        size: prepared.entries.length,
      }));
      return [...always, ...own];
    },
  };
}

/** Hash of the colours, and how many there are: a list needs nothing else. */
function etagOf(body: string, size: number): string {
  return `${createHash('sha256').update(body).digest('base64url').slice(0, 22)}.${size}`;
}

/** If-Match for the scripts; the tag of the CSV form stands for the same colours. */
function tagList(header: string | null): string {
  if (header === null || header.trim() === '*') return header === null ? '' : '*';
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', '').replace(/-csv$/, ''));
  return `,${tags.join(',')},`;
}

function unknownPalette(name: string): Problem {
  return new Problem('not_found', { detail: `There is no palette ${name}.` });
}

/** Throws `unreadable_record`: it was stored, and does not fit any more. It may be replaced or removed. */
function readPalette(name: string, body: string): PaletteEntry[] {
  try {
    return readStored(PaletteBody, body);
  } catch (cause) {
    if (!(cause instanceof UnreadableRecord)) throw cause;
    throw new Problem('unreadable_record', { detail: `What was stored of the palette ${name} cannot be read.`, cause });
  }
}

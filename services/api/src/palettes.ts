/** Palettes by name: the built-in ones, and each tenant's own, kept in Redis and prepared once per change. */
import { createHash } from 'node:crypto';
import { builtInPalettes, type PreparedPalette, preparePalette } from '@tintype/colour';
import { maxPalettesPerTenant, PaletteBody, type PaletteEntry, Problem, parse } from '@tintype/contracts';
import { defineScript, keysOf, type RedisCircuit, type RedisConnection } from '@tintype/redis';

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

/** KEYS: etags, bodies. ARGV: name, If-Match as ',tag,tag,' or '*' or '', '1' for If-None-Match *, etag, body, most palettes. */
const putLua = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] ~= '' and (not now or (ARGV[2] ~= '*' and not string.find(ARGV[2], ',' .. now .. ',', 1, true))) then return 'precondition' end
if ARGV[3] == '1' and now then return 'precondition' end
if not now and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[5])
return now and 'changed' or 'created'`;

/** KEYS: etags, bodies. ARGV: name, If-Match as ',tag,tag,' or '*' or ''. */
const removeLua = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if not now then return 'missing' end
if ARGV[2] ~= '' and ARGV[2] ~= '*' and not string.find(ARGV[2], ',' .. now .. ',', 1, true) then return 'precondition' end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
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
export function createPalettes(redis: RedisConnection, circuit: RedisCircuit) {
  const keys = keysOf(0);
  const put = defineScript(redis, { name: 'tintypePutPalette', lua: putLua, numberOfKeys: 2 });
  const remove = defineScript(redis, { name: 'tintypeRemovePalette', lua: removeLua, numberOfKeys: 2 });
  const cache = new Map<string, NamedPalette>();

  const load = async (name: string, tenant: string): Promise<NamedPalette> => {
    const body = await circuit.run(() => redis.hget(keys.palettes(tenant), name));
    if (body === null) throw unknownPalette(name);
    const entries = parse(PaletteBody, JSON.parse(body));
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
      const etag = await circuit.run(() => redis.hget(keys.paletteEtags(tenant), name));
      return etag === cached.etag ? cached : load(name, tenant);
    },

    /** Keeps an own palette. Throws `conflict` for a built-in name or too many, `precondition_failed`. */
    async put(name: string, tenant: string, entries: PaletteEntry[], precondition: Precondition) {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be changed.` });
      const body = JSON.stringify(entries.map((entry) => ({ ...entry, hex: entry.hex.toLowerCase() })));
      const etag = etagOf(body, entries.length);
      const outcome = await circuit.run(() =>
        put(
          keys.paletteEtags(tenant),
          keys.palettes(tenant),
          name,
          tagList(precondition.ifMatch),
          precondition.ifNoneMatch === '*' ? '1' : '',
          etag,
          body,
          maxPalettesPerTenant,
        ),
      );
      if (outcome === 'precondition') throw new Problem('precondition_failed');
      if (outcome === 'full')
        throw new Problem('conflict', { detail: `No more than ${maxPalettesPerTenant} palettes can be kept.` });
      return { etag, created: outcome === 'created', size: entries.length };
    },

    /** Forgets an own palette. Throws `not_found`, `conflict` for a built-in one, `precondition_failed`. */
    async remove(name: string, tenant: string, ifMatch: string | null): Promise<void> {
      if (builtIn.has(name)) throw new Problem('conflict', { detail: `${name} is built in and cannot be removed.` });
      const outcome = await circuit.run(() =>
        remove(keys.paletteEtags(tenant), keys.palettes(tenant), name, tagList(ifMatch)),
      );
      if (outcome === 'missing') throw unknownPalette(name);
      if (outcome === 'precondition') throw new Problem('precondition_failed');
    },

    /** Built-in palettes, then the tenant's own by name. */
    async list(tenant: string): Promise<PaletteFacts[]> {
      const etags = await circuit.run(() => redis.hgetall(keys.paletteEtags(tenant)));
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

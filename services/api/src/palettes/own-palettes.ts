/** Each tenant's own palettes: kept in Redis, and prepared once per change. */
import { maxPalettesPerTenant, type PaletteEntry, Problem, UnreadableRecord } from '@tintype/contracts';
import { defineScript, type RedisConnection, type TenantStore, type WithDeadline } from '@tintype/redis';
import { tagsIn } from '../http/etags.ts';
import type { LongWork, Turns } from '../http/turns.ts';
import { NoJsonItems } from './json-items.ts';
import { heldBy, type NamedPalette, type PaletteFacts, sizeIn } from './named-palette.ts';
import { createPaletteCache } from './palette-cache.ts';
import { readPalette, writePalette } from './stored-palette.ts';

/** What the client knows of the state that it changes (RFC 9110 section 13.1); null for nothing. */
export type Precondition = { ifMatch: string | null; ifNoneMatch: string | null };

/** `ifMatch` is ',tag,tag,', '*', or '' where nothing was said; `ifNew` is 1 for If-None-Match: *. */
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
local matches = ifMatch == '*' or string.find(ifMatch, ',' .. now .. ',', 1, true)
if ifMatch ~= '' and not matches then return 'precondition' end
redis.call('HDEL', etags, name)
redis.call('HDEL', bodies, name)
return 'removed'`;

/** Every method throws Problems only. */
export function createOwnPalettes({ redis, keys }: TenantStore, withDeadline: WithDeadline, turns: Turns) {
  const { put, remove } = defineScripts(redis);
  const keysOfTenant = (tenant: string) => ({ etags: keys.paletteEtags(tenant), bodies: keys.palettes(tenant) });
  // Each is looked up by its ETag before it is used.
  const cache = createPaletteCache();

  const load = async (name: string, tenant: string): Promise<NamedPalette> => {
    const body = await withDeadline(() => redis.hgetBuffer(keys.palettes(tenant), name));
    if (body === null) throw unknownPalette(name);
    // Several may wait for it, and what is prepared is kept: it does not matter whether one of them has gone.
    const work = turns.begin({ tenant, hasGone: () => false });
    const { prepared, etag } = await read(body, name, work);
    const palette: NamedPalette = { name, kind: 'own', etag, prepared, held: heldBy(prepared, body.length) };
    cache.keep(tenant, palette, body.length);
    return palette;
  };

  const loadOnce = shared(load);

  return {
    /** Throws `not_found`, and `unreadable_record` for one that this release cannot read. */
    async get(name: string, tenant: string): Promise<NamedPalette> {
      const etag = await withDeadline(() => redis.hget(keys.paletteEtags(tenant), name));
      const cached = cache.get(tenant, name);
      return cached && cached.etag === etag ? cached : loadOnce(name, tenant, etag);
    },

    /** Throws `precondition_failed`, `conflict` when there are too many, and what the palette is refused for. */
    async put(name: string, tenant: string, entries: PaletteEntry[], known: Precondition, work: LongWork) {
      const { ifMatch, ifNoneMatch } = known;
      const { body, etag } = await writePalette(entries, work);
      if (work.isDue()) await work.rest(); // to send it is work, too
      const precondition = { ifMatch: wantedTags(ifMatch), ifNew: ifNoneMatch === '*' ? 1 : 0 };
      const outcome = await withDeadline(() =>
        put(keysOfTenant(tenant), { name, ...precondition, etag, body, most: maxPalettesPerTenant }),
      );
      if (outcome === 'precondition') throw new Problem('precondition_failed');
      if (outcome === 'full')
        throw new Problem('conflict', { detail: `No more than ${maxPalettesPerTenant} palettes can be kept.` });
      return { etag, created: outcome === 'created', size: entries.length };
    },

    /** Throws `not_found`, `precondition_failed`. */
    async remove(name: string, tenant: string, ifMatch: string | null): Promise<void> {
      const outcome = await withDeadline(() => remove(keysOfTenant(tenant), { name, ifMatch: wantedTags(ifMatch) }));
      if (outcome === 'missing') throw unknownPalette(name);
      if (outcome === 'precondition') throw new Problem('precondition_failed');
    },

    /** By name. */
    async list(tenant: string): Promise<PaletteFacts[]> {
      const etags = await withDeadline(() => redis.hgetall(keys.paletteEtags(tenant)));
      return Object.entries(etags)
        .map(([name, etag]): PaletteFacts => ({ name, kind: 'own', size: sizeIn(etag) }))
        .sort((one, other) => (one.name < other.name ? -1 : 1));
    },
  };
}

/** Who asks for a palette in the same state waits for the same load. */
function shared(load: (name: string, tenant: string) => Promise<NamedPalette>) {
  const loading = new Map<string, Promise<NamedPalette>>();
  return async (name: string, tenant: string, etag: string | null): Promise<NamedPalette> => {
    const key = [tenant, name, etag].join('/');
    const begun = loading.get(key);
    if (begun) {
      const loaded = await begun;
      // It may have been changed while it was loaded, and changed back.
      return loaded.etag === etag ? loaded : load(name, tenant);
    }
    const own = load(name, tenant).finally(() => loading.delete(key));
    loading.set(key, own);
    return own;
  };
}

function defineScripts(redis: RedisConnection) {
  const keys = ['etags', 'bodies'] as const;
  const putArgs = ['name', 'ifMatch', 'ifNew', 'etag', 'body', 'most'] as const;
  return {
    put: defineScript(redis, { name: 'tintypePutPalette', lua: putLua, keys, args: putArgs }),
    remove: defineScript(redis, { name: 'tintypeRemovePalette', lua: removeLua, keys, args: ['name', 'ifMatch'] }),
  };
}

/** That it cannot be read is nobody's fault who asks; and whoever owns it can put it again. */
async function read(body: Buffer, name: string, work: LongWork) {
  try {
    return await readPalette(body, work);
  } catch (err) {
    if (!(err instanceof UnreadableRecord || err instanceof NoJsonItems)) throw err;
    throw new Problem('unreadable_record', { detail: `The palette ${name} cannot be read; put it again.`, cause: err });
  }
}

/** If-Match for the scripts; the tag of the CSV form stands for the same colours. */
function wantedTags(header: string | null): string {
  if (header === null || header.trim() === '*') return header === null ? '' : '*';
  return `,${tagsIn(header)
    .map((tag) => tag.replaceAll('"', '').replace(/-csv$/, ''))
    .join(',')},`;
}

function unknownPalette(name: string): Problem {
  return new Problem('not_found', { detail: `There is no palette ${name}.` });
}

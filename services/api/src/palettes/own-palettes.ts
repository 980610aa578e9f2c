/** Each tenant's own palettes: kept in Redis, and prepared once per change. */
import { addToPalette, emptyPalette, type PreparedPalette } from '@tintype/colour';
import { maxPalettesPerTenant, PaletteEntry, Problem, readStored, UnreadableRecord } from '@tintype/contracts';
import { defineScript, type RedisConnection, type TenantStore, type WithDeadline } from '@tintype/redis';
import { tagsIn } from '../http/etags.ts';
import { inSlices, type Turns } from '../http/turns.ts';
import { jsonItems, NoJsonItems } from './json-items.ts';
import { type NamedPalette, type PaletteFacts, paletteTag, sizeIn } from './named-palette.ts';
import { storedBodyOf } from './palette-body.ts';
import { createPaletteCache } from './palette-cache.ts';

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
    const body = await withDeadline(() => redis.hget(keys.palettes(tenant), name));
    if (body === null) throw unknownPalette(name);
    const prepared = await prepare(body, name, turns);
    const palette: NamedPalette = { name, kind: 'own', etag: paletteTag(body, prepared.entries.length), prepared };
    cache.keep(`${tenant}/${name}`, palette, body.length);
    return palette;
  };

  return {
    /** Throws `not_found`, and `unreadable_record` for one that this release cannot read. */
    async get(name: string, tenant: string): Promise<NamedPalette> {
      const cached = cache.get(`${tenant}/${name}`);
      if (!cached) return load(name, tenant);
      const etag = await withDeadline(() => redis.hget(keys.paletteEtags(tenant), name));
      return etag === cached.etag ? cached : load(name, tenant);
    },

    /** Throws `precondition_failed`, `payload_too_large`, and `conflict` when there are too many. */
    async put(name: string, tenant: string, entries: PaletteEntry[], { ifMatch, ifNoneMatch }: Precondition) {
      const body = await storedBodyOf(entries, turns.begin());
      const etag = paletteTag(body, entries.length);
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

function defineScripts(redis: RedisConnection) {
  const keys = ['etags', 'bodies'] as const;
  const putArgs = ['name', 'ifMatch', 'ifNew', 'etag', 'body', 'most'] as const;
  return {
    put: defineScript(redis, { name: 'tintypePutPalette', lua: putLua, keys, args: putArgs }),
    remove: defineScript(redis, { name: 'tintypeRemovePalette', lua: removeLua, keys, args: ['name', 'ifMatch'] }),
  };
}

/** What is kept has been checked for size when it came in. */
const noLimits = { maxChars: Number.POSITIVE_INFINITY, maxDepth: Number.POSITIVE_INFINITY };

/** That it cannot be read is nobody's fault who asks; and whoever owns it can put it again. */
async function prepare(body: string, name: string, turns: Turns): Promise<PreparedPalette<PaletteEntry>> {
  const palette = emptyPalette<PaletteEntry>();
  try {
    await inSlices(jsonItems(body, noLimits), turns.begin(), (item) => {
      addToPalette(palette, readStored(PaletteEntry, item));
    });
    return palette;
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

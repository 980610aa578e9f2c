/** Each tenant's own palettes: kept in Redis, and prepared once per change. */
import { maxPalettesPerTenant, type PaletteEntry, Problem, UnreadableRecord } from '@tintype/contracts';
import { countedArgs, countedFor, countedLua, type Quotas, requireQuota } from '@tintype/jobs';
import { defineShardScript, type TenantStore, type WithDeadline } from '@tintype/redis';
import type { LongWork, Turns } from '@tintype/runtime';
import { tagsIn } from '../http/etags.ts';
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
local usage = usageOf(countedTenant)
local more = paletteBytesFor(#body) - bytesOfPalette(bodies, name)
local full = overQuota(countedTenant, usage, {paletteBytes = more})
if full then return full end
if more > 0 and hasRoom == '0' then return 'no room' end
redis.call('HSET', etags, name, etag)
redis.call('HSET', bodies, name, body)
count(countedTenant, usage, {paletteBytes = bytesOfPalettes(bodies) - usage.paletteBytes})
return now and 'changed' or 'created'`;

const removeLua = `
local now = redis.call('HGET', etags, name)
if not now then return 'missing' end
local matches = ifMatch == '*' or string.find(ifMatch, ',' .. now .. ',', 1, true)
if ifMatch ~= '' and not matches then return 'precondition' end
redis.call('HDEL', etags, name)
redis.call('HDEL', bodies, name)
local usage = usageOf(countedTenant)
count(countedTenant, usage, {paletteBytes = bytesOfPalettes(bodies) - usage.paletteBytes})
return 'removed'`;

export type PalettesOptions = {
  store: TenantStore;
  withDeadline: WithDeadline;
  turns: Turns;
  /** What a tenant may keep. */
  quotas: () => Quotas;
  /** Why there is no room in Redis for more of this tenant now; null while there is. */
  memoryShortage: (tenant: string) => Problem | null;
};

/** Every method throws Problems only. */
export function createOwnPalettes(options: PalettesOptions) {
  const { store, withDeadline, turns, quotas } = options;
  const { redis, keys } = store;
  const { put, remove } = defineScripts(store.home);
  const cache = createPaletteCache(); // each is looked up by its ETag before it is used

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

    /** Throws `precondition_failed`, `conflict` when there are too many, `quota_exceeded`, and what the palette is refused for. */
    async put(name: string, tenant: string, entries: PaletteEntry[], precondition: Precondition, work: LongWork) {
      const { ifMatch, ifNoneMatch } = precondition;
      const { body, etag } = await writePalette(entries, work);
      if (work.isDue()) await work.rest(); // to send it is work, too
      const shortage = options.memoryShortage(tenant);
      const known = { ifMatch: wantedTags(ifMatch), ifNew: ifNoneMatch === '*' ? 1 : 0, hasRoom: shortage ? 0 : 1 };
      const args = { name, ...known, etag, body, most: maxPalettesPerTenant, ...countedFor(tenant, quotas()) };
      const outcome = await withDeadline(() => put(keysOf(store, tenant), args));
      requireQuota(outcome);
      if (outcome === 'no room' && shortage) throw shortage;
      if (outcome === 'precondition') throw new Problem('precondition_failed');
      if (outcome === 'full') throw tooManyPalettes();
      return { etag, created: outcome === 'created', size: entries.length };
    },

    /** Throws `not_found`, `precondition_failed`. */
    async remove(name: string, tenant: string, ifMatch: string | null): Promise<void> {
      const args = { name, ifMatch: wantedTags(ifMatch), ...countedFor(tenant, quotas()) };
      const outcome = await withDeadline(() => remove(keysOf(store, tenant), args));
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

function keysOf({ keys }: TenantStore, tenant: string) {
  return { etags: keys.paletteEtags(tenant), bodies: keys.palettes(tenant) };
}

function defineScripts(home: TenantStore['home']) {
  const common = { pieces: countedLua, keys: ['etags', 'bodies'] } as const;
  return {
    put: defineShardScript(home, {
      ...common,
      name: 'tintypePutPalette',
      args: ['name', 'ifMatch', 'ifNew', 'etag', 'body', 'most', 'hasRoom', ...countedArgs],
      lua: putLua,
    }),
    remove: defineShardScript(home, {
      ...common,
      name: 'tintypeRemovePalette',
      args: ['name', 'ifMatch', ...countedArgs],
      lua: removeLua,
    }),
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

function tooManyPalettes(): Problem {
  return new Problem('conflict', { detail: `No more than ${maxPalettesPerTenant} palettes can be kept.` });
}

function unknownPalette(name: string): Problem {
  return new Problem('not_found', { detail: `There is no palette ${name}.` });
}

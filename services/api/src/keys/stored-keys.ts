/** API keys that are made while the service runs: kept in Redis by the hash of their secret, shown once. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type ApiKey,
  type ApiKeyRequest,
  apiScopes,
  maxApiKeys,
  type NewApiKey,
  Problem,
  readStored,
  UnreadableRecord,
} from '@tintype/contracts';
import { defineScript, type TenantStore, type WithDeadline } from '@tintype/redis';
import Type, { type Static } from 'typebox';
import type { Identity } from '../http/auth/identity.ts';

/** What Redis keeps of a key, under its id. */
const StoredKey = Type.Object({
  name: Type.String(),
  secretHash: Type.String(),
  scopes: Type.Array(Type.Enum(apiScopes)),
  tenant: Type.String(),
  createdAtMs: Type.Integer(),
  expiresAtMs: Type.Union([Type.Integer(), Type.Null()]),
});
type StoredKey = Static<typeof StoredKey>;

/** `tt_<id>_<secret>`: the prefix lets scanners find keys that leaked, the id finds the record in one step. */
const keyPattern = /^tt_([0-9a-f]{16})_([\w-]{43})$/;
const idPattern = /^[0-9a-f]{16}$/;
const useResolutionMs = 60_000;

const addLua = `
if redis.call('HLEN', apiKeys) >= tonumber(most) then return 0 end
redis.call('HSET', apiKeys, id, record)
return 1`;

export type StoredKeys = ReturnType<typeof createStoredKeys>;

/** Every method throws Problems only. A key is looked up for each request: a revoked one is refused at once, everywhere. */
export function createStoredKeys({ redis, keys, nowMs: now }: TenantStore, withDeadline: WithDeadline) {
  const add = defineScript(redis, {
    name: 'tintypeAddApiKey',
    lua: addLua,
    keys: ['apiKeys'],
    args: ['id', 'record', 'most'],
  });
  const usesNoted = new Map<string, number>();

  /** At most once a minute for each key; nobody waits for it. */
  const noteUse = (id: string): void => {
    const minute = Math.floor(now() / useResolutionMs) * useResolutionMs;
    if (usesNoted.get(id) === minute) return;
    usesNoted.set(id, minute);
    redis.hset(keys.apiKeyUses, id, minute).catch(() => usesNoted.delete(id));
  };

  return {
    /** Makes a key. Throws `conflict` when there are too many. */
    async create(request: ApiKeyRequest): Promise<NewApiKey> {
      const id = randomBytes(8).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const nowMs = now();
      const stored: StoredKey = {
        name: request.name,
        secretHash: hashOf(secret).toString('hex'),
        scopes: request.scopes,
        tenant: request.tenant ?? request.name,
        createdAtMs: nowMs,
        expiresAtMs: request.expires_in_seconds === undefined ? null : nowMs + 1000 * request.expires_in_seconds,
      };
      const added = await withDeadline(() =>
        add({ apiKeys: keys.apiKeys }, { id, record: JSON.stringify(stored), most: maxApiKeys }),
      );
      if (added !== 1) throw new Problem('conflict', { detail: `No more than ${maxApiKeys} keys can be kept.` });
      return { ...factsOf(id, stored), key: `tt_${id}_${secret}` };
    },

    /** All keys, oldest first, without their secrets. */
    async list(): Promise<ApiKey[]> {
      const [records, uses] = await withDeadline(() =>
        Promise.all([redis.hgetall(keys.apiKeys), redis.hgetall(keys.apiKeyUses)]),
      );
      return Object.entries(records)
        .flatMap(([id, record]) => {
          const stored = readKey(record);
          return stored ? [{ id, stored }] : [];
        })
        .sort((one, other) => one.stored.createdAtMs - other.stored.createdAtMs)
        .map(({ id, stored }) => ({
          ...factsOf(id, stored),
          last_used_at: timeOf(uses[id] ? Number(uses[id]) : null),
        }));
    },

    /** Revokes a key. Throws `not_found`. */
    async revoke(id: string): Promise<void> {
      const removed = idPattern.test(id)
        ? await withDeadline(() => Promise.all([redis.hdel(keys.apiKeys, id), redis.hdel(keys.apiKeyUses, id)]))
        : [0];
      if (removed[0] === 0) throw new Problem('not_found', { detail: 'There is no key with this id.' });
    },

    /** Who a secret belongs to; null when it is not the secret of a key that is valid now. */
    async find(text: string): Promise<Identity | null> {
      const [, id, secret] = keyPattern.exec(text) ?? [];
      if (id === undefined || secret === undefined) return null;
      const record = await withDeadline(() => redis.hget(keys.apiKeys, id));
      if (record === null) return null;
      const stored = readKey(record);
      if (stored === null) return null;
      if (!timingSafeEqual(Buffer.from(stored.secretHash, 'hex'), hashOf(secret))) return null;
      if (stored.expiresAtMs !== null && stored.expiresAtMs <= now()) return null;
      noteUse(id);
      return { kind: 'key', id, tenant: stored.tenant, scopes: new Set(stored.scopes) };
    },
  };
}

/** Null when it does not fit any more: it opens nothing, and can be revoked. */
function readKey(record: string): StoredKey | null {
  try {
    return readStored(StoredKey, record);
  } catch (err) {
    if (err instanceof UnreadableRecord) return null;
    throw err;
  }
}

/** 256 random bits need no slow hash: nobody can try them out. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function factsOf(id: string, { name, scopes, tenant, createdAtMs, expiresAtMs }: StoredKey) {
  return {
    id,
    name,
    scopes,
    tenant,
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: timeOf(expiresAtMs),
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

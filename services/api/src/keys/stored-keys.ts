/** API keys that are made while the service runs: kept in Redis by the hash of their secret, shown once. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type ApiKey,
  type ApiKeyRequest,
  apiScopes,
  fits,
  maxApiKeys,
  type NewApiKey,
  Problem,
  readStored,
  UnreadableRecord,
} from '@tintype/contracts';
import { countedFor, type Quotas, requireQuota } from '@tintype/jobs';
import type { TenantStore, WithDeadline } from '@tintype/redis';
import Type, { type Static } from 'typebox';
import type { Identity } from '../http/auth/identity.ts';
import { timeOf } from '../http/times.ts';
import { defineKeyScripts } from './key-scripts.ts';
import { hashOfSecret } from './secret-hash.ts';

/** Milliseconds that a Date can be. */
const Time = Type.Integer({ minimum: 0, maximum: 8.64e15 });

/** What Redis keeps of a key, under its id. */
const StoredKey = Type.Object({
  name: Type.String(),
  secretHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  scopes: Type.Array(Type.Enum(apiScopes)),
  tenant: Type.String(),
  createdAtMs: Time,
  expiresAtMs: Type.Union([Time, Type.Null()]),
});
type StoredKey = Static<typeof StoredKey>;

/** `tt_<id>_<secret>`: the prefix lets scanners find keys that leaked, the id finds the record in one step. */
const keyPattern = /^tt_([0-9a-f]{16})_([\w-]{43})$/;
const idPattern = /^[0-9a-f]{16}$/;
const useResolutionMs = 60_000;

export type StoredKeysOptions = {
  store: TenantStore;
  withDeadline: WithDeadline;
  /** What a tenant may keep. */
  quotas: () => Quotas;
  /** Why there is no room in Redis for more of this tenant now; null while there is. */
  memoryShortage: (tenant: string) => Problem | null;
  /** Hears of a key that this release cannot read: it opens nothing, is not listed, and can be revoked. */
  onUnreadable: (id: string) => void;
};

export type StoredKeys = ReturnType<typeof createStoredKeys>;

/**
 * Every method throws Problems only. A key is looked up for each request: a revoked one is refused at once, everywhere.
 */
export function createStoredKeys(options: StoredKeysOptions) {
  const { store, withDeadline, onUnreadable, quotas } = options;
  const { redis, keys, nowMs } = store;
  const { add, revoke } = defineKeyScripts(store, tenantOfKey);
  const noteUse = createUseNotes(store);

  return {
    /** Makes a key, which is counted for its tenant. Throws `conflict` when there are too many, `quota_exceeded`. */
    async create(request: ApiKeyRequest): Promise<NewApiKey> {
      const id = randomBytes(8).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const stored = storedKeyOf(request, secret, nowMs());
      const record = JSON.stringify(stored);
      const shortage = options.memoryShortage(stored.tenant);
      if (shortage) throw shortage;
      const args = { id, record, most: maxApiKeys, ...countedFor(stored.tenant, quotas()) };
      const added = await withDeadline(() => add({ apiKeys: keys.apiKeys }, args));
      requireQuota(added);
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
          const stored = readKey(id, record, onUnreadable);
          return stored === null ? [] : [{ id, stored }];
        })
        .sort((one, other) => one.stored.createdAtMs - other.stored.createdAtMs)
        .map(({ id, stored }) => ({
          ...factsOf(id, stored),
          last_used_at: lastUseOf(uses[id]),
        }));
    },

    /** Revokes a key. Throws `not_found`. */
    async revoke(id: string): Promise<void> {
      if (!idPattern.test(id) || !(await withDeadline(() => revoke(id))))
        throw new Problem('not_found', { detail: 'There is no key with this id.' });
    },

    /** Who a secret belongs to; null when it is not the secret of a key that is valid now. */
    async find(text: string): Promise<Identity | null> {
      const [, id, secret] = keyPattern.exec(text) ?? [];
      if (id === undefined || secret === undefined) return null;
      const record = await withDeadline(() => redis.hget(keys.apiKeys, id));
      const stored = record === null ? null : readKey(id, record, onUnreadable);
      if (stored === null || !opens(stored, secret, nowMs())) return null;
      noteUse(id);
      return { kind: 'key', id, tenant: stored.tenant, scopes: new Set(stored.scopes) };
    },
  };
}

/** Null for one that cannot be read. */
function tenantOfKey(id: string, record: string): string | null {
  return readKey(id, record, () => undefined)?.tenant ?? null;
}

/** Null for one that cannot be read: it must not take the others with it. */
function readKey(id: string, record: string, onUnreadable: (id: string) => void): StoredKey | null {
  try {
    return readStored(StoredKey, record);
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    onUnreadable(id);
    return null;
  }
}

/** Notes when a key was used, at most once a minute for each; nobody waits for it. */
function createUseNotes({ redis, keys, nowMs }: TenantStore): (id: string) => void {
  const noted = new Map<string, number>();
  return (id) => {
    const minute = Math.floor(nowMs() / useResolutionMs) * useResolutionMs;
    if (noted.get(id) === minute) return;
    noted.set(id, minute);
    redis.hset(keys.apiKeyUses, id, minute).catch(() => noted.delete(id));
  };
}

function storedKeyOf(request: ApiKeyRequest, secret: string, createdAtMs: number): StoredKey {
  const { name, scopes, tenant = name, expires_in_seconds } = request;
  return {
    name,
    secretHash: hashOfSecret(secret).toString('hex'),
    scopes,
    tenant,
    createdAtMs,
    expiresAtMs: expires_in_seconds === undefined ? null : createdAtMs + 1000 * expires_in_seconds,
  };
}

function opens({ secretHash, expiresAtMs }: StoredKey, secret: string, nowMs: number): boolean {
  if (!timingSafeEqual(Buffer.from(secretHash, 'hex'), hashOfSecret(secret))) return false;
  return expiresAtMs === null || expiresAtMs > nowMs;
}

/** Null when it was never used, or what was noted is no time. */
function lastUseOf(text: string | undefined): string | null {
  const ms = Number(text);
  return fits(Time, ms) ? timeOf(ms) : null;
}

function factsOf(id: string, { name, scopes, tenant, createdAtMs, expiresAtMs }: StoredKey) {
  return {
    id,
    name,
    scopes,
    tenant,
    created_at: timeOf(createdAtMs),
    expires_at: expiresAtMs === null ? null : timeOf(expiresAtMs),
  };
}

/** The secrets by which tenants sign links that make pictures: shown once, and kept sealed, since they verify what they sign. */
import { randomBytes } from 'node:crypto';
import { type LinkKey, maxLinkKeys, type NewLinkKey, Problem, readStored, UnreadableRecord } from '@tintype/contracts';
import { type Quotas, requireQuota } from '@tintype/jobs';
import type { TenantStore, WithDeadline } from '@tintype/redis';
import Type, { type Static } from 'typebox';
import type { SigningKey, SigningKeys } from '../http/auth/signing-keys.ts';
import { opened, sealed } from '../http/sealing.ts';
import { timeOf } from '../http/times.ts';
import { defineLinkKeyScripts } from './link-key-scripts.ts';

/** What Redis keeps of a secret, under its id. */
const StoredLinkKey = Type.Object({
  tenant: Type.String({ minLength: 1 }),
  createdAtMs: Type.Integer({ minimum: 0, maximum: 8.64e15 }),
  /** Names what it is sealed with. */
  sealedBy: Type.String(),
  seal: Type.String(),
});
type StoredLinkKey = Static<typeof StoredLinkKey>;

/** A secret that can be used. */
export type OpenLinkKey = { id: string; tenant: string; createdAtMs: number; secret: string };

const idPattern = /^[0-9a-f]{16}$/;

export type LinkKeysOptions = {
  store: TenantStore;
  withDeadline: WithDeadline;
  signingKeys: SigningKeys;
  quotas: () => Quotas;
  /** Why there is no room in Redis for more of this tenant now; null while there is. */
  memoryShortage: (tenant: string) => Problem | null;
  /** Hears of a secret that cannot be opened: its links are refused. */
  onUnreadable: (id: string) => void;
};

export type LinkKeys = ReturnType<typeof createLinkKeys>;

/** Every method throws Problems only. A secret is looked up for each link: a revoked one opens nothing from then on. */
export function createLinkKeys(options: LinkKeysOptions) {
  const { store, withDeadline, signingKeys, quotas } = options;
  const { redis, keys, nowMs } = store;
  const { add, revoke, replace } = defineLinkKeyScripts(store);
  const open = createOpening(options, replace);
  const recordsOf = (tenant: string) => withDeadline(() => readRecords(store, tenant));

  return {
    /** Throws `conflict` when the tenant has as many as may be, `quota_exceeded`. */
    async create(tenant: string): Promise<NewLinkKey> {
      const shortage = options.memoryShortage(tenant);
      if (shortage) throw shortage;
      const [current] = await signingKeys('sealed secret');
      const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
      const createdAtMs = nowMs();
      const record = JSON.stringify(sealedKey(id, { tenant, createdAtMs, secret }, current));
      const added = await withDeadline(() => add(tenant, { id, record, most: maxLinkKeys }, quotas()));
      requireQuota(added);
      if (added !== 1) throw tooMany();
      return { id, tenant, created_at: timeOf(createdAtMs), secret };
    },

    /** Oldest first; those that cannot be opened too, for they can be revoked. */
    async list(tenant: string): Promise<LinkKey[]> {
      const records = await recordsOf(tenant);
      return records.map(({ id, createdAtMs }) => ({ id, tenant, created_at: timeOf(createdAtMs) }));
    },

    /** Of all tenants, oldest first. One whose tenant cannot be read is listed for that tenant alone. */
    listAll: async (): Promise<LinkKey[]> => allOf(await withDeadline(() => redis.hgetall(keys.linkKeys))),

    /** Whose it is; null for none that is known, or that can be read. */
    tenantOf: async (id: string): Promise<string | null> =>
      readKey((await withDeadline(() => redis.hget(keys.linkKeys, id))) ?? '')?.tenant ?? null,

    /** Throws `not_found` for what is none of this tenant's. */
    async revoke(id: string, tenant: string): Promise<void> {
      if (!idPattern.test(id) || !(await withDeadline(() => revoke(tenant, id))))
        throw new Problem('not_found', { detail: 'There is no secret with this id.' });
    },

    /** Null for none that is known. */
    async find(id: string): Promise<OpenLinkKey | null> {
      if (!idPattern.test(id)) return null;
      const record = await withDeadline(() => redis.hget(keys.linkKeys, id));
      return record === null ? null : open(id, record);
    },

    /** The one that signs now; null where the tenant has none. */
    async newest(tenant: string): Promise<OpenLinkKey | null> {
      const newest = (await recordsOf(tenant)).at(-1);
      return newest === undefined ? null : open(newest.id, newest.record);
    },

    /** Of all tenants: what is sealed under a key that is about to go is sealed under the present one. */
    async sealAnew(): Promise<void> {
      for (const [id, record] of Object.entries(await redis.hgetall(keys.linkKeys))) await open(id, record);
    },
  };
}

type Replace = ReturnType<typeof defineLinkKeyScripts>['replace'];

/** Opens secrets, and seals those anew that are sealed under an older key: the next change of keys may end that one. */
function createOpening({ signingKeys, onUnreadable }: LinkKeysOptions, replace: Replace) {
  return async (id: string, record: string): Promise<OpenLinkKey | null> => {
    const [current, ...older] = await signingKeys('sealed secret');
    const stored = readKey(record);
    const key = [current, ...older].find((one) => one.id === stored?.sealedBy);
    const secret = stored && key ? openSecret(id, stored, key) : null;
    if (stored === null || secret === null) {
      onUnreadable(id);
      return null;
    }
    const { tenant, createdAtMs } = stored;
    if (key !== current) {
      const again = JSON.stringify(sealedKey(id, { tenant, createdAtMs, secret }, current));
      replace({ id, seen: record, record: again }).catch(() => undefined); // nobody waits for it
    }
    return { id, tenant, createdAtMs, secret };
  };
}

/** What can be read, oldest first. */
function allOf(records: Record<string, string>): LinkKey[] {
  return Object.entries(records)
    .flatMap(([id, record]) => {
      const stored = readKey(record);
      return stored === null ? [] : [{ id, ...stored }];
    })
    .sort((one, other) => one.createdAtMs - other.createdAtMs)
    .map(({ id, tenant, createdAtMs }) => ({ id, tenant, created_at: timeOf(createdAtMs) }));
}

/** A tenant's, oldest first. */
async function readRecords({ redis, keys }: TenantStore, tenant: string) {
  const ids = await redis.smembers(keys.linkKeysOf(tenant));
  const records = ids.length === 0 ? [] : await redis.hmget(keys.linkKeys, ...ids);
  return ids
    .flatMap((id, at) => {
      const record = records[at] ?? null;
      return record === null ? [] : [{ id, record, createdAtMs: readKey(record)?.createdAtMs ?? 0 }];
    })
    .sort((one, other) => one.createdAtMs - other.createdAtMs);
}

function sealedKey(
  id: string,
  { tenant, createdAtMs, secret }: Omit<OpenLinkKey, 'id'>,
  { id: sealedBy, bytes }: SigningKey,
): StoredLinkKey {
  return { tenant, createdAtMs, sealedBy, seal: sealed(secret, bytes, `${id} ${tenant}`) };
}

/** Null where it was tampered with. */
function openSecret(id: string, { tenant, seal }: StoredLinkKey, { bytes }: SigningKey): string | null {
  try {
    return opened(seal, bytes, `${id} ${tenant}`);
  } catch {
    return null;
  }
}

function readKey(record: string): StoredLinkKey | null {
  try {
    return readStored(StoredLinkKey, record);
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    return null;
  }
}

function tooMany(): Problem {
  const detail = `There are ${maxLinkKeys} secrets already: delete one first (DELETE /v1/links/keys/{id}).`;
  return new Problem('conflict', { detail });
}

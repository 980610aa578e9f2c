/** `Idempotency-Key`: a request that is sent again is answered as the first time, and done only once. */
import { createHash, randomUUID } from 'node:crypto';
import { isThumbnailId, newThumbnailId, Problem, readStored } from '@tintype/contracts';
import { countedFor, type Quotas, requireQuota } from '@tintype/jobs';
import type { TenantStore, WithDeadline } from '@tintype/redis';
import Type, { type Static } from 'typebox';
import { defineIdempotencyScripts } from './idempotency-scripts.ts';
import { opened, sealed } from './sealing.ts';

/** How long an answer is remembered. */
const rememberedSeconds = 86_400;
/** A claim whose process has died, or has lost Redis, ends by itself after this time; others are renewed. */
const holdMs = 3000;
const renewMs = 1000;

/** An answer as it was given. */
const KeptAnswer = Type.Object({
  status: Type.Integer({ minimum: 100, maximum: 599 }),
  headers: Type.Record(Type.String(), Type.String()),
  body: Type.String(),
});
export type KeptAnswer = Static<typeof KeptAnswer>;

/**
 * What is kept: the answer itself, or only what a repeat comes to. `rebuilt`: it is answered from what the first request
 * has made; `refused`: the first answer had a secret. The latter has a field of its own in the record: release 0.1.0
 * does not see it, and does the request again under the same id.
 */
export type Kept = KeptAnswer | { repeat: 'rebuilt' | 'refused' };

/** The right to do the work of a request, until it is settled by one of the two. */
export type Claim = {
  /** The id to give to what the request makes: the same one when an earlier try ended without an answer. */
  id: string;
  /** Remembers that there was an answer; when that fails, the next try does the work again, under the same id. */
  keep(kept: Kept): Promise<void>;
  /**
   * Ends the claim without an answer: the next try does the work, under the same id. Nobody waits for it: the next try
   * comes over the same connection behind it, or finds that nobody has renewed the claim.
   */
  release(): void;
};

/** What a request finds under its key: nothing yet, its answer, the id of what it has made, or that it had a secret. */
export type Found =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'replayed'; answer: KeptAnswer }
  | { kind: 'rebuilt'; id: string }
  | { kind: 'refused' };

export type KeyedRequest = {
  tenant: string;
  /** Who asks, and what for they may; null where nobody is asked. The key of another one is another key. */
  asker: string | null;
  key: string;
  /** Stands for everything that makes two requests the same. */
  fingerprint: string;
  /** What the request has made is made again where it is lost. */
  redoesLost: boolean;
};

export type Idempotency = {
  /**
   * Claims the work of a request, or finds what it came to. Throws `idempotency_mismatch`, `idempotency_conflict`,
   * `dependency_unavailable`, and of a key that is new `quota_exceeded` or `queue_full`.
   */
  claim(request: KeyedRequest): Promise<Found>;
};

export type IdempotencyOptions = {
  store: TenantStore;
  withDeadline: WithDeadline;
  /** What a tenant may keep: remembered answers are a part of it. */
  quotas: () => Quotas;
  /** Why there is no room in Redis for more of this tenant now; null while there is. */
  memoryShortage: (tenant: string) => Problem | null;
  /** Whether what an earlier request has made under this id is not there any more, and was not deleted. */
  isLost: (id: string) => Promise<boolean>;
};

export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { store, withDeadline, quotas, memoryShortage, isLost } = options;
  const { redis, keys } = store;
  const { tryClaim, tryHold, keepAnswer } = defineIdempotencyScripts(store.home);

  const claimed = ({ tenant, record, seal }: Named, claim: string, id: string): Found => {
    const hold = (ms: number) => withDeadline(() => tryHold({ record }, { claim, holdMs: ms }));
    const renewal = setInterval(() => hold(holdMs).catch(() => undefined), renewMs);
    renewal.unref();
    const own: Claim = {
      id,
      async keep(kept) {
        clearInterval(renewal);
        const counted = countedFor(tenant, quotas());
        await withDeadline<unknown>(() =>
          'repeat' in kept
            ? redis.hset(record, { repeat: kept.repeat, until: 0 })
            : keepAnswer({ record }, { answer: sealed(JSON.stringify(kept), seal), ...counted }),
        );
      },
      release() {
        clearInterval(renewal);
        hold(0).catch(() => undefined);
      },
    };
    return { kind: 'claimed', claim: own };
  };

  /** Null for an answer that cannot be read, and for what is lost, unless `redoes`: then the request is claimed. */
  const claimOnce = async (named: Named, { fingerprint, redoesLost }: KeyedRequest, redoes: boolean) => {
    const { tenant, record, seal } = named;
    const claim = randomUUID();
    const shortage = memoryShortage(tenant);
    const room = { hasRoom: shortage ? 0 : 1, ...countedFor(tenant, quotas()) };
    const args = { fingerprint, claim, holdMs, seconds: rememberedSeconds, freshId: newThumbnailId(), ...room };
    const reply = await withDeadline(() => tryClaim({ record }, { ...args, redoes: redoes ? 1 : 0 })).catch((err) => {
      // A command without an answer may still be carried out; this one is then carried out behind it.
      withDeadline(() => tryHold({ record }, { claim, holdMs: 0 })).catch(() => undefined);
      throw err;
    });
    requireQuota(reply);
    const [state, value = '', id = ''] = Array.isArray(reply) ? reply.map(String) : [];
    if (state === 'no room' && shortage) throw shortage;
    if (state === 'mismatch') throw new Problem('idempotency_mismatch');
    if (state === 'claimed by another') throw new Problem('idempotency_conflict', { retryAfterSeconds: 1 });
    if (state === 'answered') return replayOf(value, seal);
    if (state !== 'repeated') return claimed(named, claim, value);
    return repeatOf(value, id, redoesLost ? (made) => withDeadline(() => isLost(made)) : async () => false);
  };

  return {
    async claim(request) {
      const named = nameOf(request, keys);
      const found = (await claimOnce(named, request, false)) ?? (await claimOnce(named, request, true));
      if (!found) throw new Error('a request that is done again was answered');
      return found;
    },
  };
}

/** Whose record it is, its key, and what seals its answer. */
type Named = { tenant: string; record: string; seal: Buffer };

function nameOf({ tenant, asker, key }: KeyedRequest, keys: TenantStore['keys']): Named {
  const names = asker === null ? [tenant, key] : [tenant, key, asker];
  const record = keys.idempotency(tenant, digest('name', names).toString('base64url'));
  return { tenant, record, seal: digest('seal', names) };
}

/** One hash of the client's key names the record, another one seals it: who reads Redis learns no answer from it. */
function digest(purpose: string, named: string[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([purpose, ...named]))
    .digest();
}

/** Null when it cannot be read: the request is then done again, under the same id. */
function replayOf(answer: string, seal: Buffer): Found | null {
  try {
    return { kind: 'replayed', answer: readStored(KeptAnswer, opened(answer, seal)) };
  } catch {
    return null;
  }
}

async function repeatOf(repeat: string, id: string, isLost: IdempotencyOptions['isLost']): Promise<Found | null> {
  if (repeat === 'refused') return { kind: 'refused' };
  if (repeat !== 'rebuilt' || !isThumbnailId(id) || (await isLost(id))) return null;
  return { kind: 'rebuilt', id };
}

/** `Idempotency-Key`: a request that is sent again is answered as the first time, and done only once. */
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { isThumbnailId, newThumbnailId, Problem, readStored } from '@tintype/contracts';
import { defineScript, type TenantStore, type WithDeadline } from '@tintype/redis';
import Type, { type Static } from 'typebox';

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
};

export type Idempotency = {
  /**
   * Claims the work of a request, or finds what it came to. Throws `idempotency_mismatch`, `idempotency_conflict`, or
   * `dependency_unavailable`.
   */
  claim(request: KeyedRequest): Promise<Found>;
};

const nowLua = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

const claimLua = `${nowLua}
local r = redis.call('HMGET', record, 'fingerprint', 'answer', 'until', 'id', 'repeat')
if r[1] and r[1] ~= fingerprint then return {'mismatch'} end
if r[5] and redoes == '0' then return {'repeated', r[5], r[4] or ''} end
if r[2] and redoes == '0' then return {'answered', r[2]} end
if (tonumber(r[3] or 0) or 0) > now then return {'claimed by another'} end
local id = r[4] and string.match(r[4], '^%x+%-%x+%-7%x+%-%x+%-%x+$') or freshId
redis.call('HSET', record, 'fingerprint', fingerprint, 'flight', claim, 'until', now + holdMs, 'id', id)
redis.call('EXPIRE', record, seconds)
return {'claimed', id}`;

/** Renews this claim, or ends it with a hold of 0; never one that began after it. The field has its name of 0.1.0. */
const holdLua = `${nowLua}
if redis.call('HGET', record, 'flight') ~= claim then return 0 end
return redis.call('HSET', record, 'until', now + holdMs)`;

export function createIdempotency({ redis, keys }: TenantStore, withDeadline: WithDeadline): Idempotency {
  const { tryClaim, tryHold } = defineScripts(redis);

  const claimed = (record: string, claim: string, id: string, seal: Buffer): Found => {
    const hold = (ms: number) => withDeadline(() => tryHold({ record }, { claim, holdMs: ms }));
    const renewal = setInterval(() => hold(holdMs).catch(() => undefined), renewMs);
    renewal.unref();
    const own: Claim = {
      id,
      async keep(kept) {
        clearInterval(renewal);
        const settled = 'repeat' in kept ? { repeat: kept.repeat, until: 0 } : { answer: sealed(kept, seal) };
        await withDeadline(() => redis.hset(record, settled));
      },
      release() {
        clearInterval(renewal);
        hold(0).catch(() => undefined);
      },
    };
    return { kind: 'claimed', claim: own };
  };

  /** Null for an answer that cannot be read, unless `redoes`: then the request is claimed whatever is there. */
  const claimOnce = async (record: string, seal: Buffer, fingerprint: string, redoes: boolean) => {
    const claim = randomUUID();
    const args = { fingerprint, claim, holdMs, seconds: rememberedSeconds, freshId: newThumbnailId() };
    const reply = await withDeadline(() => tryClaim({ record }, { ...args, redoes: redoes ? 1 : 0 })).catch((err) => {
      // A command without an answer may still be carried out; this one is then carried out behind it.
      withDeadline(() => tryHold({ record }, { claim, holdMs: 0 })).catch(() => undefined);
      throw err;
    });
    const [state, value = '', id = ''] = Array.isArray(reply) ? reply.map(String) : [];
    if (state === 'mismatch') throw new Problem('idempotency_mismatch');
    if (state === 'claimed by another') throw new Problem('idempotency_conflict', { retryAfterSeconds: 1 });
    if (state === 'answered') return replayOf(value, seal);
    return state === 'repeated' ? repeatOf(value, id) : claimed(record, claim, value, seal);
  };

  return {
    async claim({ tenant, asker, key, fingerprint }) {
      const named = asker === null ? [tenant, key] : [tenant, key, asker];
      const record = keys.idempotency(tenant, digest('name', named).toString('base64url'));
      const seal = digest('seal', named);
      const found =
        (await claimOnce(record, seal, fingerprint, false)) ?? (await claimOnce(record, seal, fingerprint, true));
      if (!found) throw new Error('a request that is done again was answered');
      return found;
    },
  };
}

function defineScripts(redis: TenantStore['redis']) {
  return {
    tryClaim: defineScript(redis, {
      name: 'tintypeClaimRequest',
      lua: claimLua,
      keys: ['record'],
      args: ['fingerprint', 'claim', 'holdMs', 'seconds', 'freshId', 'redoes'],
    }),
    tryHold: defineScript(redis, {
      name: 'tintypeHoldRequest',
      lua: holdLua,
      keys: ['record'],
      args: ['claim', 'holdMs'],
    }),
  };
}

/** One hash of the client's key names the record, another one seals it: who reads Redis learns no answer from it. */
function digest(purpose: string, named: string[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([purpose, ...named]))
    .digest();
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** An answer may tell of somebody's pictures, and is kept for a day. */
function sealed(kept: KeptAnswer, seal: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, seal, nonce);
  const text = Buffer.concat([sealing.update(JSON.stringify(kept)), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), text]).toString('base64');
}

function opened(answer: string, seal: Buffer): KeptAnswer {
  const bytes = Buffer.from(answer, 'base64');
  const opening = createDecipheriv(cipher, seal, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]);
  return readStored(KeptAnswer, text.toString());
}

/** Null when it cannot be read: the request is then done again, under the same id. */
function replayOf(answer: string, seal: Buffer): Found | null {
  try {
    return { kind: 'replayed', answer: opened(answer, seal) };
  } catch {
    return null;
  }
}

function repeatOf(repeat: string, id: string): Found | null {
  if (repeat === 'refused') return { kind: 'refused' };
  return repeat === 'rebuilt' && isThumbnailId(id) ? { kind: 'rebuilt', id } : null;
}

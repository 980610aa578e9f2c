/** `Idempotency-Key`: a request that is sent again is answered as the first time, and done only once. */
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { defineScript, keysOf, type RedisCircuit, type RedisConnection } from '@tintype/redis';

/** How long an answer is remembered. */
const rememberedSeconds = 86_400;
/** A flight whose process has died, or has lost Redis, ends by itself after this time; others are held on to. */
const holdMs = 3000;
const renewMs = 1000;

/** What is kept of an answer. */
export type KeptAnswer = { status: number; headers: Record<string, string>; body: string };

/** The right to do the work of a request, until it is settled by one of the two. */
export type Claim = {
  /** The id to give to what the request makes: the same one when an earlier try ended without an answer. */
  id: string;
  /** Remembers the answer; when that fails, the next try does the work again, under the same id. */
  keep(answer: KeptAnswer): Promise<void>;
  /**
   * Ends the flight without an answer: the next try does the work, under the same id. Nobody waits for it: the next try
   * comes over the same connection behind it, or finds that nobody has held on to the flight.
   */
  release(): void;
};

export type Idempotency = {
  /**
   * Claims the work of a request, or finds the answer that it had. `fingerprint` stands for everything that makes two
   * requests the same. Throws `idempotency_mismatch`, `idempotency_conflict`, or `dependency_unavailable`.
   */
  claim(request: { tenant: string; key: string; fingerprint: string }): Promise<Claim | KeptAnswer>;
};

const nowLua = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** KEYS: record. ARGV: fingerprint, flight, hold, seconds to remember, fresh id. */
const claimLua = `${nowLua}
local r = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'until', 'id')
if r[1] and r[1] ~= ARGV[1] then return {'mismatch'} end
if r[2] then return {'answered', r[2]} end
if r[3] and tonumber(r[3]) > now then return {'in flight'} end
local id = r[4] or ARGV[5]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'flight', ARGV[2], 'until', now + ARGV[3], 'id', id)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {'claimed', id}`;

/** KEYS: record. ARGV: flight, hold. Holds on to this flight, or ends it with a hold of 0; never one that began after it. */
const holdLua = `${nowLua}
if redis.call('HGET', KEYS[1], 'flight') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'until', now + ARGV[2])`;

export function createIdempotency(redis: RedisConnection, circuit: RedisCircuit): Idempotency {
  const tryClaim = defineScript(redis, { name: 'tintypeClaimRequest', lua: claimLua, numberOfKeys: 1 });
  const tryHold = defineScript(redis, { name: 'tintypeHoldRequest', lua: holdLua, numberOfKeys: 1 });

  const claimed = (record: string, flight: string, id: string, seal: Buffer): Claim => {
    const hold = (ms: number) => circuit.run(() => tryHold(record, flight, ms));
    const renewal = setInterval(() => hold(holdMs).catch(() => undefined), renewMs);
    renewal.unref();
    return {
      id,
      async keep(answer) {
        clearInterval(renewal);
        await circuit.run(() => redis.hset(record, 'answer', sealAnswer(answer, seal)));
      },
      release() {
        clearInterval(renewal);
        hold(0).catch(() => undefined);
      },
    };
  };

  return {
    async claim({ tenant, key, fingerprint }) {
      const record = keysOf(0).idempotency(tenant, digest('name', tenant, key).toString('base64url'));
      const flight = randomUUID();
      const reply = await circuit
        .run(() => tryClaim(record, fingerprint, flight, holdMs, rememberedSeconds, newThumbnailId()))
        .catch((err) => {
          // A command without an answer may still be carried out; this one is then carried out behind it.
          circuit.run(() => tryHold(record, flight, 0)).catch(() => undefined);
          throw err;
        });
      const [state, value = ''] = Array.isArray(reply) ? reply.map(String) : [];
      if (state === 'mismatch') throw new Problem('idempotency_mismatch');
      if (state === 'in flight') throw new Problem('idempotency_conflict', { retryAfterSeconds: 1 });
      const seal = digest('seal', tenant, key);
      return state === 'answered' ? openAnswer(value, seal) : claimed(record, flight, value, seal);
    },
  };
}

/** Whether the claim found an answer instead. */
export function isKeptAnswer(found: Claim | KeptAnswer): found is KeptAnswer {
  return 'status' in found;
}

/** One hash of the client's key names the record, another one seals it: whoever reads Redis learns no answer from it. */
function digest(purpose: string, tenant: string, key: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([purpose, tenant, key]))
    .digest();
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** An answer may hold a secret (a new API key), and is kept for a day. */
function sealAnswer(answer: KeptAnswer, seal: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, seal, nonce);
  const text = Buffer.concat([sealing.update(JSON.stringify(answer)), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), text]).toString('base64');
}

function openAnswer(sealed: string, seal: Buffer): KeptAnswer {
  const bytes = Buffer.from(sealed, 'base64');
  const opening = createDecipheriv(cipher, seal, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]);
  return JSON.parse(text.toString());
}

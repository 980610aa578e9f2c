/** `Idempotency-Key`: a request that is sent again is answered as the first time, and done only once. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { defineScript, keysOf, type RedisCircuit, type RedisConnection } from '@tintype/redis';

/** How long an answer is remembered. */
export const rememberedSeconds = 86_400;
/** A request is taken to be in flight for so long at most: longer than any wait for a job. */
const inFlightMs = 60_000;
/** How long an answer waits for the end of its flight, and the pause between two tries to end it. */
const landingMs = 100;

/** What is kept of an answer. */
export type KeptAnswer = { status: number; headers: Record<string, string>; body: string };

/** The right to do the work of a request. */
export type Claim = {
  /** The id to give to what the request makes: the same one when an earlier try ended without an answer. */
  id: string;
  /** Remembers the answer; when that fails, the next try does the work again, under the same id. */
  keep(answer: KeptAnswer): Promise<void>;
  /**
   * Ends the flight without an answer: the next try does the work, under the same id. While Redis is away this goes on
   * behind the answer.
   */
  release(): Promise<void>;
};

export type Idempotency = {
  /**
   * Claims the work of a request, or finds the answer that it had. `fingerprint` stands for everything that makes two
   * requests the same. Throws `idempotency_mismatch`, `idempotency_conflict`, or `dependency_unavailable`.
   */
  claim(request: { tenant: string; key: string; fingerprint: string }): Promise<Claim | KeptAnswer>;
};

/** KEYS: record. ARGV: fingerprint, now, in flight until, seconds to remember, fresh id. */
const claimLua = `
local r = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'until', 'id')
if r[1] and r[1] ~= ARGV[1] then return {'mismatch'} end
if r[2] then return {'answered', r[2]} end
if r[3] and tonumber(r[3]) > tonumber(ARGV[2]) then return {'in flight'} end
local id = r[4] or ARGV[5]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'until', ARGV[3], 'id', id)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {'claimed', id}`;

/** KEYS: record. ARGV: in flight until. Ends this flight, and none that has begun after it. */
const landLua = `
if redis.call('HGET', KEYS[1], 'until') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'until', 0)`;

type Flight = { record: string; untilMs: number };

export function createIdempotency(redis: RedisConnection, circuit: RedisCircuit): Idempotency {
  const tryLand = defineScript(redis, { name: 'tintypeLandRequest', lua: landLua, numberOfKeys: 1 });
  const land = createLandings(({ record, untilMs }) => circuit.run(() => tryLand(record, untilMs)));
  const tryClaim = defineScript(redis, { name: 'tintypeClaimRequest', lua: claimLua, numberOfKeys: 1 });
  return {
    async claim({ tenant, key, fingerprint }) {
      const record = keysOf(0).idempotency(tenant, digest('name', tenant, key).toString('base64url'));
      const nowMs = Date.now();
      const flight = { record, untilMs: nowMs + inFlightMs };
      const reply = await circuit
        .run(() => tryClaim(record, fingerprint, nowMs, flight.untilMs, rememberedSeconds, newThumbnailId()))
        .catch((err) => {
          void land(flight); // a command without an answer may still be carried out
          throw err;
        });
      const [state, value = ''] = Array.isArray(reply) ? reply.map(String) : [];
      if (state === 'mismatch') throw new Problem('idempotency_mismatch');
      if (state === 'in flight') throw new Problem('idempotency_conflict', { retryAfterSeconds: 1 });
      const seal = digest('seal', tenant, key);
      if (state === 'answered') return open(value, seal);
      return {
        id: value,
        keep: (answer) =>
          circuit
            .run(() => redis.hset(record, 'answer', close(answer, seal)))
            .then(() => undefined)
            .catch((err) => {
              void land(flight);
              throw err;
            }),
        release: () => Promise.race([land(flight), sleep(landingMs)]),
      };
    },
  };
}

/** Ends flights one after the other; while Redis is away they wait, until they would end by themselves. */
function createLandings(end: (flight: Flight) => Promise<unknown>): (flight: Flight) => Promise<void> {
  const land = async (flight: Flight): Promise<void> => {
    while (flight.untilMs > Date.now() && !(await succeeds(() => end(flight)))) {
      await sleep(landingMs, undefined, { ref: false });
    }
  };
  let before = Promise.resolve();
  return (flight) => {
    before = before.then(() => land(flight));
    return before;
  };
}

function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
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
function close(answer: KeptAnswer, seal: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, seal, nonce);
  const text = Buffer.concat([sealing.update(JSON.stringify(answer)), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), text]).toString('base64');
}

function open(sealed: string, seal: Buffer): KeptAnswer {
  const bytes = Buffer.from(sealed, 'base64');
  const opening = createDecipheriv(cipher, seal, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]);
  return JSON.parse(text.toString());
}

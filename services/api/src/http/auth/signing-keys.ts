/** The keys that sign links and tokens: the operator's own, or one that all API processes share through Redis. */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantStore, WithDeadline } from '@tintype/redis';
import { InvalidSettings } from '@tintype/runtime';

export type SigningPurpose = 'link' | 'token' | 'sealed secret' | 'voter';

export type SigningKey = {
  /** Names the key without giving it away. */
  id: string;
  /** 32 bytes that serve this purpose alone. */
  bytes: Uint8Array;
};

/** The first key signs; all of them verify, so that a new one can be put before the old one. */
export type SigningKeys = (purpose: SigningPurpose) => Promise<[SigningKey, ...SigningKey[]]>;

type Secrets = readonly [string, ...string[]];

const leastLength = 32;
/** How long processes may differ after Redis has lost its data. */
const defaultComparedEveryMs = 10_000;
/** How long a request waits for the comparison when Redis hangs; then it goes on with what the process knows. */
const longestWaitMs = 250;

/**
 * `texts`: one key or two, of at least 32 characters; without any, one is made and kept in Redis. Throws
 * `InvalidSettings`; the result throws `dependency_unavailable` while Redis has not told the key yet.
 */
export function createSigningKeys(
  texts: string[],
  store: TenantStore,
  withDeadline: WithDeadline,
  { comparedEveryMs = defaultComparedEveryMs } = {},
): SigningKeys {
  if (texts.some((text) => text.length < leastLength)) {
    throw new InvalidSettings(`SIGNING_KEYS: each key needs at least ${leastLength} characters`);
  }
  const [first, ...others] = texts;
  const given: Secrets | null = first === undefined ? null : [first, ...others];
  const secretsNow = given ? async () => given : createSharedSecrets(store, withDeadline, comparedEveryMs);
  const derived = new Map<string, SigningKey>();
  const keyOf = (secret: string, purpose: SigningPurpose): SigningKey => {
    const name = `${purpose} ${secret}`;
    const known = derived.get(name) ?? derive(secret, purpose);
    derived.set(name, known);
    return known;
  };
  return async (purpose) => {
    const [current, ...older] = await secretsNow();
    return [keyOf(current, purpose), ...older.map((secret) => keyOf(secret, purpose))];
  };
}

/**
 * The one that all processes share through Redis, and before it the last that this process knew. Redis may lose its
 * data: the secret is put back then, or the one that another process has put there is taken over. Whoever asks waits for
 * the comparison when the last one is too old, so that a process that was idle does not sign with a secret that is lost.
 */
function createSharedSecrets(
  store: TenantStore,
  withDeadline: WithDeadline,
  comparedEveryMs: number,
): () => Promise<Secrets> {
  let secrets: Secrets | null = null;
  let comparedAtMs = Number.NEGATIVE_INFINITY;
  let comparison: Promise<Secrets> | null = null;
  const compare = async (): Promise<Secrets> => {
    comparedAtMs = performance.now();
    const own = secrets?.[0] ?? randomBytes(32).toString('base64url');
    const shared = await withDeadline(() => sharedSecret(store, own));
    if (secrets?.[0] !== shared) secrets = secrets ? [shared, secrets[0]] : [shared];
    return secrets;
  };
  return async () => {
    if (secrets && !comparison && performance.now() - comparedAtMs <= comparedEveryMs) return secrets;
    comparison ??= compare().finally(() => {
      comparison = null;
    });
    if (!secrets) return comparison;
    await Promise.race([comparison.catch(() => undefined), sleep(longestWaitMs, undefined, { ref: false })]);
    return secrets;
  };
}

/** What is there is read first: a Redis that is full refuses whatever might write. */
async function sharedSecret({ redis, keys }: TenantStore, own: string): Promise<string> {
  return (await redis.get(keys.signingKey)) ?? (await redis.set(keys.signingKey, own, 'NX', 'GET')) ?? own;
}

/** HKDF (RFC 5869): a key for one purpose is of no use for the other. */
function derive(secret: string, purpose: SigningPurpose): SigningKey {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', `tintype ${purpose}`, 32));
  return { bytes, id: createHash('sha256').update(bytes).digest('base64url').slice(0, 12) };
}

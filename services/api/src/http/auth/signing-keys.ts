/** The keys that sign links and tokens: the operator's own, or one that all API processes share through Redis. */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { TenantStore, WithDeadline } from '@tintype/redis';
import { InvalidSettings } from '@tintype/runtime';

export type SigningPurpose = 'link' | 'token';

export type SigningKey = {
  /** Names the key without giving it away. */
  id: string;
  /** 32 bytes that serve this purpose alone. */
  bytes: Uint8Array;
};

/** The first key signs; all of them verify, so that a new one can be put before the old one. */
export type SigningKeys = (purpose: SigningPurpose) => Promise<[SigningKey, ...SigningKey[]]>;

const leastLength = 32;

/**
 * `texts`: one key or two, of at least 32 characters; without any, one is made and kept in Redis. Throws
 * `InvalidSettings`; the result throws `dependency_unavailable` while Redis has not told the key yet.
 */
export function createSigningKeys(texts: string[], store: TenantStore, withDeadline: WithDeadline): SigningKeys {
  if (texts.some((text) => text.length < leastLength)) {
    throw new InvalidSettings(`SIGNING_KEYS: each key needs at least ${leastLength} characters`);
  }
  const [first, ...others] = texts;
  let secrets: [string, ...string[]] | null = first === undefined ? null : [first, ...others];
  const derived = new Map<SigningPurpose, [SigningKey, ...SigningKey[]]>();
  return async (purpose) => {
    const known = derived.get(purpose);
    if (known) return known;
    secrets ??= [await withDeadline(() => sharedSecret(store))];
    const [current, ...older] = secrets;
    const keys: [SigningKey, ...SigningKey[]] = [
      derive(current, purpose),
      ...older.map((text) => derive(text, purpose)),
    ];
    derived.set(purpose, keys);
    return keys;
  };
}

async function sharedSecret({ redis, keys }: TenantStore): Promise<string> {
  const fresh = randomBytes(32).toString('base64url');
  return (await redis.set(keys.signingKey, fresh, 'NX', 'GET')) ?? fresh;
}

/** HKDF (RFC 5869): a key for one purpose is of no use for the other. */
function derive(secret: string, purpose: SigningPurpose): SigningKey {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', `tintype ${purpose}`, 32));
  return { bytes, id: createHash('sha256').update(bytes).digest('base64url').slice(0, 12) };
}

/** Keys that the operator writes into the settings: they work without Redis, and make the first stored ones. */
import { timingSafeEqual } from 'node:crypto';
import { type ApiScope, apiScopes, isApiScope } from '@tintype/contracts';
import { InvalidSettings } from '@tintype/runtime';
import type { Identity } from '../http/auth/identity.ts';
import { hashOfSecret } from './secret-hash.ts';
import { looksLikeToken } from './tokens.ts';

type SettingsKey = { name: string; id: string; secretHash: Buffer; scopes: Set<ApiScope>; tenant: string };

const leastSecretLength = 16;
/** What a header can carry and keeps: visible ASCII, spaces within. */
const sendable = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** Finds who a secret belongs to. */
export type FindSettingsKey = (secret: string) => Identity | null;

/**
 * Reads entries like `name:secret:scope+scope[:tenant]`. Throws `InvalidSettings` that names the bad entry, not its
 * secret, for one that could never work too. Every entry is compared, by hash, so that time tells nothing.
 */
export function parseSettingsKeys(entries: string[]): FindSettingsKey {
  const keys = withIds(entries.map(parseEntry));
  refuseSharedSecrets(keys);
  return (secret) => {
    const given = hashOfSecret(secret);
    let found: Identity | null = null;
    for (const { id, secretHash, scopes, tenant } of keys) {
      if (timingSafeEqual(secretHash, given)) found = { kind: 'key', id, tenant, scopes };
    }
    return found;
  };
}

/** Entries that share a name are different keys: the second of them is `settings:<name>:2`. */
function withIds(keys: Omit<SettingsKey, 'id'>[]): SettingsKey[] {
  const counts = new Map<string, number>();
  return keys.map((key) => {
    const count = (counts.get(key.name) ?? 0) + 1;
    counts.set(key.name, count);
    return { ...key, id: count === 1 ? `settings:${key.name}` : `settings:${key.name}:${count}` };
  });
}

/** Of two entries with one secret, one would never be found. */
function refuseSharedSecrets(keys: SettingsKey[]): void {
  const known = new Map<string, string>();
  keys.forEach(({ name, secretHash }, index) => {
    const hash = secretHash.toString('hex');
    const other = known.get(hash);
    if (other !== undefined) throw new InvalidSettings(`${placeOf(name, index)} has the secret of ${other}`);
    known.set(hash, name);
  });
}

function placeOf(name: string, index: number): string {
  return `API_KEYS: entry ${index + 1} (${name || 'no name'})`;
}

function parseEntry(entry: string, index: number): Omit<SettingsKey, 'id'> {
  const [name = '', secret = '', scopes = '', tenant = name, ...more] = entry.split(':');
  const where = placeOf(name, index);
  if (more.length > 0 || name === '' || secret.length < leastSecretLength || scopes === '' || tenant === '') {
    throw new InvalidSettings(
      `${where} is not name:secret:scope+scope[:tenant] with a secret of at least ${leastSecretLength} characters`,
    );
  }
  if (!sendable.test(secret)) {
    throw new InvalidSettings(`${where} has a secret that no header can carry: use visible ASCII characters`);
  }
  if (looksLikeToken(secret)) {
    throw new InvalidSettings(`${where} has a secret in the form of a token, which it would be taken for`);
  }
  const named = scopes.split('+');
  const known = named.filter(isApiScope);
  if (known.length < named.length) {
    const unknown = named.find((scope) => !isApiScope(scope));
    throw new InvalidSettings(`${where} has the scope ${unknown}; known are ${apiScopes.join(', ')}`);
  }
  return { name, secretHash: hashOfSecret(secret), scopes: new Set(known), tenant };
}

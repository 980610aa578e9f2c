/** Keys that the operator writes into the settings: they work without Redis, and make the first stored ones. */
import { timingSafeEqual } from 'node:crypto';
import { type ApiScope, apiScopes, isApiScope } from '@tintype/contracts';
import { InvalidSettings } from '@tintype/runtime';
import type { Identity } from '../http/auth/identity.ts';
import { hashOfSecret } from './secret-hash.ts';

type SettingsKey = { name: string; secretHash: Buffer; scopes: Set<ApiScope>; tenant: string };

const leastSecretLength = 16;

/** Finds who a secret belongs to. */
export type FindSettingsKey = (secret: string) => Identity | null;

/**
 * Reads entries like `name:secret:scope+scope[:tenant]`. Throws `InvalidSettings` that names the bad entry, not its
 * secret. Every entry is compared, by hash, so that time tells nothing.
 */
export function parseSettingsKeys(entries: string[]): FindSettingsKey {
  const keys = entries.map(parseEntry);
  return (secret) => {
    const given = hashOfSecret(secret);
    let found: Identity | null = null;
    for (const { name, secretHash, scopes, tenant } of keys) {
      if (timingSafeEqual(secretHash, given)) found = { kind: 'key', id: `settings:${name}`, tenant, scopes };
    }
    return found;
  };
}

function parseEntry(entry: string, index: number): SettingsKey {
  const [name = '', secret = '', scopes = '', tenant = name] = entry.split(':');
  const where = `API_KEYS: entry ${index + 1} (${name || 'no name'})`;
  if (name === '' || secret.length < leastSecretLength || scopes === '' || tenant === '') {
    throw new InvalidSettings(
      `${where} is not name:secret:scope+scope[:tenant] with a secret of at least ${leastSecretLength} characters`,
    );
  }
  const named = scopes.split('+');
  const known = named.filter(isApiScope);
  if (known.length < named.length) {
    const unknown = named.find((scope) => !isApiScope(scope));
    throw new InvalidSettings(`${where} has the scope ${unknown}; known are ${apiScopes.join(', ')}`);
  }
  return { name, secretHash: hashOfSecret(secret), scopes: new Set(known), tenant };
}

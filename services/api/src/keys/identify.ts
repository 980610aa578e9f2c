/** Whose secret it is: of a key in the settings, of a stored one, or a token. */
import type { Identify } from '../http/auth/auth.ts';
import type { FindSettingsKey } from './settings-keys.ts';
import type { StoredKeys } from './stored-keys.ts';
import { looksLikeToken, type Tokens } from './tokens.ts';

export type IdentifyOptions = {
  findSettingsKey: FindSettingsKey;
  storedKeys: Pick<StoredKeys, 'find'>;
  tokens: Pick<Tokens, 'verify'>;
};

export function createIdentify({ findSettingsKey, storedKeys, tokens }: IdentifyOptions): Identify {
  return async (secret) =>
    looksLikeToken(secret) ? tokens.verify(secret) : (findSettingsKey(secret) ?? storedKeys.find(secret));
}

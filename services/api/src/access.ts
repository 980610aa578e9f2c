/** Who is let in, and by what: keys, tokens, signed links and the secrets of picture links, from the settings. */
import { InvalidSettings, type Logger } from '@tintype/runtime';
import type { ApiSettings } from './config.ts';
import type { Connections } from './connections.ts';
import { createSignedLinks } from './http/auth/signed-links.ts';
import { createSigningKeys } from './http/auth/signing-keys.ts';
import { createLinkKeys } from './images/link-keys.ts';
import { createSignedPictures } from './images/signed-pictures.ts';
import { createIdentify } from './keys/identify.ts';
import type { FindSettingsKey } from './keys/settings-keys.ts';
import { createStoredKeys } from './keys/stored-keys.ts';
import { createTokens } from './keys/tokens.ts';
import type { RoomWatch } from './thumbnails/room-watch.ts';

/** What the settings list. */
export type AccessLists = { findSettingsKey: FindSettingsKey; signingSecrets: string[] };

export type Access = ReturnType<typeof createAccess>;

/** Who is let in, and by what. */
export function createAccess(
  settings: ApiSettings,
  lists: AccessLists,
  parts: Connections & RoomWatch,
  logger: Logger,
) {
  const { store, withDeadline, quotas, memoryShortage } = parts;
  const signingKeys = createSigningKeys(lists.signingSecrets, store, withDeadline);
  const onUnreadable = (keyId: string) => logger.warn({ keyId }, 'a stored key cannot be read: revoke it');
  const storedKeys = createStoredKeys({ store, withDeadline, quotas, memoryShortage, onUnreadable });
  const tokens = createTokens({
    signingKeys,
    jwtSecret: settings.JWT_SECRET,
    jwksUrl: settings.JWKS_URL,
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    nowMs: store.nowMs,
  });
  const signedLinks = createSignedLinks({
    publicUrl: settings.PUBLIC_URL,
    ttlSeconds: settings.LINK_TTL_SECONDS,
    signingKeys,
    required: settings.AUTH === 'required',
    nowMs: store.nowMs,
  });
  const onUnopened = (linkKeyId: string) =>
    logger.warn({ linkKeyId }, 'a secret of links cannot be opened: its links are refused');
  const linkKeys = createLinkKeys({
    store,
    withDeadline,
    signingKeys,
    quotas,
    memoryShortage,
    onUnreadable: onUnopened,
  });
  const pictureLinks = { linkKeys, publicUrl: settings.PUBLIC_URL, mode: settings.AUTH, nowMs: store.nowMs };
  const { identifyLink, sign } = createSignedPictures(pictureLinks);
  const identify = createIdentify({ findSettingsKey: lists.findSettingsKey, storedKeys, tokens });
  return { mode: settings.AUTH, signingKeys, identify, identifyLink, storedKeys, tokens, signedLinks, linkKeys, sign };
}

/** Throws `InvalidSettings` when nobody could be let in, or anybody's tokens would count. */
export function requireAccess(settings: ApiSettings, logger: Logger): void {
  requireSomeKey(settings);
  requireAudience(settings, logger);
}

/** Without keys or an identity provider nobody could use an API that requires them: whoever starts it is told so. */
function requireSomeKey({ AUTH, API_KEYS, JWT_SECRET, JWKS_URL }: ApiSettings): void {
  if (AUTH === 'off' || API_KEYS !== '' || JWT_SECRET !== undefined || JWKS_URL !== undefined) return;
  throw new InvalidSettings(
    'AUTH is required, and none of API_KEYS, JWT_SECRET and JWKS_URL is set: nobody could call. Set one, or AUTH=off.',
  );
}

/** An identity provider signs for other services too: without an audience their tokens count here (RFC 8725, 3.9). */
function requireAudience({ NODE_ENV, JWKS_URL, JWT_AUDIENCE }: ApiSettings, logger: Logger): void {
  if (JWKS_URL === undefined || JWT_AUDIENCE !== undefined) return;
  const reason = 'JWKS_URL is set and JWT_AUDIENCE is not: tokens that were made for other services count here.';
  if (NODE_ENV === 'production') throw new InvalidSettings(`${reason} Set it to what is in the \`aud\` of yours.`);
  logger.warn(reason);
}

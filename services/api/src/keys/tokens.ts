/** JSON Web Tokens: short ones of our own in exchange for a key, and those of the operator's identity provider. */
import { type ApiScope, isApiScope, Problem, type Token } from '@tintype/contracts';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
  SignJWT,
} from 'jose';
import type { Identity } from '../http/auth/identity.ts';
import type { SigningKeys } from '../http/auth/signing-keys.ts';
import { timeOf } from '../http/times.ts';

export type TokensOptions = {
  signingKeys: SigningKeys;
  /** HS256 secret of tokens that somebody else makes. */
  jwtSecret: string | undefined;
  /** Where the public keys of an identity provider are. */
  jwksUrl: string | undefined;
  /** What `iss` and `aud` of such tokens must be. */
  issuer: string | undefined;
  audience: string | undefined;
  /** The time of Redis: a token is made by one machine and looked at by another. */
  nowMs: () => number;
};

export type Tokens = {
  issue(holder: Identity, scopes: ApiScope[], lifeSeconds: number): Promise<Token>;
  /**
   * Whose token it is. Throws `unauthorized` for one that is malformed, forged, expired or incomplete, and
   * `dependency_unavailable` when the identity provider's keys cannot be had.
   */
  verify(text: string): Promise<Identity>;
};

const ownIssuer = 'tintype';
const ownRules = { algorithms: ['HS256'], issuer: ownIssuer, audience: ownIssuer, requiredClaims: ['sub', 'exp'] };
/** Signatures by a provider's private key; never one that a public key could make as a secret (RFC 8725, 3.1). */
const providerAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Less than what a client waits for a dependency that is away. */
const providerTimeoutMs = 2000;
const clockToleranceSeconds = 5;
/** Tenants become parts of key names in Redis. */
const subjectPattern = /^[\x21-\x7e]{1,200}$/;

/** Whether the text has the form of a signed JWT. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

export function createTokens(options: TokensOptions): Tokens {
  const { signingKeys, jwtSecret, jwksUrl, issuer, audience, nowMs } = options;
  const secret = jwtSecret === undefined ? null : new TextEncoder().encode(jwtSecret);
  const provider =
    jwksUrl === undefined ? null : createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: providerTimeoutMs });
  const foreign = {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['sub', 'exp'],
  };

  const holderOf = async (text: string): Promise<Identity> => {
    const { kid, alg } = headerOf(text);
    const currentDate = new Date(nowMs());
    const own = (await signingKeys('token')).find((key) => key.id === kid);
    if (own) {
      const { payload } = await jwtVerify(text, own.bytes, { ...ownRules, currentDate });
      return identityOf(payload, String(payload.key));
    }
    if (secret && alg === 'HS256') {
      return identityOf((await jwtVerify(text, secret, { ...foreign, currentDate, algorithms: ['HS256'] })).payload);
    }
    if (provider) {
      return identityOf(
        (await jwtVerify(text, provider, { ...foreign, currentDate, algorithms: providerAlgorithms })).payload,
      );
    }
    throw new Problem('unauthorized', { detail: 'The token was made by nobody we know.' });
  };

  return {
    async issue(holder, scopes, lifeSeconds) {
      const [key] = await signingKeys('token');
      const expiresAtSeconds = Math.floor(nowMs() / 1000) + lifeSeconds;
      const token = await new SignJWT({ scope: scopes.join(' '), key: holder.id })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: key.id })
        .setIssuer(ownIssuer)
        .setAudience(ownIssuer)
        .setSubject(holder.tenant)
        .setIssuedAt(Math.floor(nowMs() / 1000))
        .setExpirationTime(expiresAtSeconds)
        .sign(key.bytes);
      const expires_at = timeOf(expiresAtSeconds * 1000);
      return { token, token_type: 'Bearer', expires_at, tenant: holder.tenant, scopes };
    },

    async verify(text) {
      try {
        return await holderOf(text);
      } catch (err) {
        throw problemOf(err);
      }
    },
  };
}

function headerOf(text: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(text);
  } catch (cause) {
    throw new Problem('unauthorized', { detail: 'The token is not a JWT.', cause });
  }
}

/** `id` counts a token of ours with the key that it was exchanged for. */
function identityOf({ sub = '', scope }: JWTPayload, id = `token:${sub}`): Identity {
  if (!subjectPattern.test(sub)) throw new Problem('unauthorized', { detail: 'The token’s `sub` cannot be a tenant.' });
  const named = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope.map(String) : [];
  return { kind: 'token', id, tenant: sub, scopes: new Set(named.filter(isApiScope)) };
}

/** jose's errors have a code; what has none came from fetching the provider's keys. */
function problemOf(err: unknown): unknown {
  if (err instanceof Problem) return err;
  const code = typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '';
  if (code === 'ERR_JWT_EXPIRED') return new Problem('unauthorized', { detail: 'The token has expired.', cause: err });
  const isAway = code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC' || !code.startsWith('ERR_J');
  if (isAway)
    return new Problem('dependency_unavailable', { detail: 'The identity provider does not answer.', cause: err });
  return new Problem('unauthorized', { detail: 'The token is not valid.', cause: err });
}

/** API keys and tokens: what they may be for, and how they are made, listed and exchanged. */

import Type, { type Static } from 'typebox';
import { namePattern } from './pattern-words.ts';

/** What a key or token may be for. `admin` manages keys and the queue; `metrics` reads /metrics; `analytics` reads what was
 * searched and judged in the library; `priority` passes others. */
export const apiScopes = ['thumbnails', 'colours', 'library', 'analytics', 'priority', 'metrics', 'admin'] as const;
export type ApiScope = (typeof apiScopes)[number];

/** Whether the word is one of the scopes. */
export function isApiScope(word: string): word is ApiScope {
  return apiScopes.some((scope) => scope === word);
}

/** Most keys that are kept. */
export const maxApiKeys = 1000;
/** Longest life of a token, in seconds: long enough for a page, short enough to need no list of revoked ones. */
export const maxTokenSeconds = 900;

const Scope = Type.Enum(apiScopes, { $id: 'ApiScope' });
const Scopes = Type.Array(Scope, { minItems: 1, maxItems: apiScopes.length, uniqueItems: true });
const Name = (description: string) => Type.String({ pattern: namePattern, description });
const Time = Type.String({ format: 'date-time' });

/** JSON body of `POST /v1/keys`. */
export const ApiKeyRequest = Type.Object(
  {
    name: Name('what you call it'),
    scopes: Scopes,
    tenant: Type.Optional(Name('whose pictures it sees and makes (default: its name)')),
    expires_in_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 315_360_000, description: 'never by default' }),
    ),
  },
  {
    title: 'ApiKeyRequest',
    additionalProperties: false,
    examples: [{ name: 'shop', scopes: ['thumbnails', 'colours'], expires_in_seconds: 31_536_000 }],
  },
);
export type ApiKeyRequest = Static<typeof ApiKeyRequest>;

const apiKeyFields = {
  id: Type.String({ examples: ['5f0c2b7a91d4e386'] }),
  name: Type.String({ examples: ['shop'] }),
  scopes: Type.Array(Scope, { examples: [['thumbnails', 'colours']] }),
  tenant: Type.String({ examples: ['shop'] }),
  created_at: Time,
  expires_at: Type.Union([Time, Type.Null()]),
};

/** A key as it is listed: its secret is not kept. */
export const ApiKey = Type.Object(
  { ...apiKeyFields, last_used_at: Type.Union([Time, Type.Null()], { description: 'to the minute' }) },
  { $id: 'ApiKey' },
);
export type ApiKey = Static<typeof ApiKey>;

/** The one answer that has the secret. */
export const NewApiKey = Type.Object(
  { ...apiKeyFields, key: Type.String({ description: 'the secret itself, shown this once' }) },
  { $id: 'NewApiKey' },
);
export type NewApiKey = Static<typeof NewApiKey>;

/** Answer of `GET /v1/keys`. */
export const ApiKeyList = Type.Object(
  { data: Type.Array(ApiKey), next: Type.Union([Type.String(), Type.Null()]) },
  { $id: 'ApiKeyList' },
);
export type ApiKeyList = Static<typeof ApiKeyList>;

/** JSON body of `POST /v1/tokens`; may be missing. */
export const TokenRequest = Type.Object(
  {
    scopes: Type.Optional(Scopes),
    expires_in_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: maxTokenSeconds, default: maxTokenSeconds })),
  },
  {
    title: 'TokenRequest',
    additionalProperties: false,
    examples: [{ scopes: ['thumbnails'], expires_in_seconds: maxTokenSeconds }],
  },
);
export type TokenRequest = Static<typeof TokenRequest>;

/** Answer of `POST /v1/tokens`. */
export const Token = Type.Object(
  {
    token: Type.String({ description: 'a JWT for `Authorization: Bearer`' }),
    token_type: Type.Literal('Bearer'),
    expires_at: Time,
    tenant: Type.String(),
    scopes: Type.Array(Scope),
  },
  { $id: 'Token' },
);
export type Token = Static<typeof Token>;

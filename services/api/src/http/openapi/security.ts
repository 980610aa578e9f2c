/** Who may call what, as the OpenAPI document tells it: the ways in which a key may come, and the scopes that it needs. */
import type { RouteOptions } from 'fastify';

/** The ways in which a key may come. */
const keySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'an API key, or a token of `POST /v1/tokens`' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  basic: { type: 'http', scheme: 'basic', description: 'the key as the password; any user name' },
} as const;

export const securitySchemes = {
  ...keySchemes,
  signedLink: {
    type: 'apiKey',
    in: 'query',
    name: 'sig',
    description: 'with `exp`, as `resized_url` and `links.file` have them where keys are required',
  },
  pictureLink: {
    type: 'apiKey',
    in: 'query',
    name: 'sig',
    description: 'with `key`, as the links of `POST /v1/links` have it: signed with a secret of the tenant',
  },
} as const;

type Requirement = Record<string, string[]>;

/** One of these is enough; a scope is named with each scheme, `{}` is no key at all. */
export function securityOf({ config }: RouteOptions, authRequired: boolean): Requirement[] {
  const { scope, alwaysClosed = false, opensBySignedLink = false, opensByLink = false } = config ?? {};
  if (scope === undefined) return [];
  const scopes = scope === 'any' ? [[]] : [scope].flat().map((one) => [one]);
  const byKey = Object.keys(keySchemes).flatMap((scheme) => scopes.map((needed) => ({ [scheme]: [...needed] })));
  return [
    ...(authRequired || alwaysClosed ? [] : [{}]),
    ...byKey,
    ...(opensBySignedLink ? [{ signedLink: [] }] : []),
    ...(opensByLink ? [{ pictureLink: [] }] : []),
  ];
}

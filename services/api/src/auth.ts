/** Who may call: keys from the settings, compared without telling by time how much of one was right. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '@tintype/contracts';
import { InvalidSettings } from '@tintype/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

export type ApiKey = { name: string; secretHash: Buffer; scopes: Set<string>; tenant: string };

/** What a key may be for. */
const knownScopes = ['thumbnails', 'colours', 'admin'];

/** The tenant of everybody while no keys are asked for. */
export const defaultTenant = 'default';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose jobs this request sees and makes. */
    tenant: string;
  }
}

export type AuthOptions = { mode: 'off' | 'required'; keys: ApiKey[] };

/** Reads `name:secret:scope+scope[:tenant]`, comma separated; throws an Error that names the bad entry, not its secret. */
export function parseApiKeys(text: string): ApiKey[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const [name = '', secret = '', scopes = '', tenant = name] = entry.split(':');
      if (name === '' || secret.length < 16 || scopes === '') {
        throw new InvalidSettings(
          `API_KEYS: entry ${index + 1} (${name || 'no name'}) is not name:secret:scope+scope[:tenant] with a secret of at least 16 characters`,
        );
      }
      const words = scopes.split('+');
      const unknown = words.find((word) => !knownScopes.includes(word));
      if (unknown !== undefined) {
        throw new InvalidSettings(
          `API_KEYS: entry ${index + 1} (${name}) has the scope ${unknown}; known are ${knownScopes.join(', ')}`,
        );
      }
      return { name, secretHash: hash(secret), scopes: new Set(words), tenant };
    });
}

/** Routes that say `config: {scope}` need a key with that scope; with `mode: off` everybody is one tenant. */
export const auth = fastifyPlugin<AuthOptions>(async (app: FastifyInstance, { mode, keys }) => {
  app.decorateRequest('tenant', defaultTenant);
  app.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (mode === 'off' || scope === undefined) return;
    const key = findKey(keys, request);
    if (key === null) {
      reply.header('www-authenticate', 'Bearer realm="tintype"');
      throw new Problem('unauthorized');
    }
    if (!key.scopes.has(scope)) throw new Problem('forbidden', { detail: `The key lacks the scope ${scope}.` });
    request.tenant = key.tenant;
  });
});

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route; none for what is open to everybody. */
    scope?: string;
  }
}

function findKey(keys: ApiKey[], request: FastifyRequest): ApiKey | null {
  const secret = secretOf(request);
  if (secret === null) return null;
  const given = hash(secret);
  let found: ApiKey | null = null;
  for (const key of keys) if (timingSafeEqual(key.secretHash, given)) found = key;
  return found;
}

/** `Authorization: Bearer` or `Token`, HTTP Basic (as user name or password), or `X-API-Key`. */
function secretOf(request: FastifyRequest): string | null {
  const direct = request.headers['x-api-key'];
  if (typeof direct === 'string') return direct;
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return value;
    case 'basic': {
      const [user = '', password = ''] = Buffer.from(value, 'base64').toString().split(':');
      return password || user;
    }
    default:
      return null;
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

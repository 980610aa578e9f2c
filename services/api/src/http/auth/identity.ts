/** Who a caller turned out to be, and the secrets by which a request may say so. */
import type { ApiScope } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';

export type Identity = {
  kind: 'key' | 'token' | 'link';
  /** What quotas are counted by: the id of the key, the token's subject, or the tenant whose secret signed the link. */
  id: string;
  tenant: string;
  scopes: ReadonlySet<ApiScope>;
};

/** The tenant of everybody while no keys are asked for. */
export const defaultTenant = 'default';

/** `X-API-Key`, `Authorization: Bearer` or `Token`, or HTTP Basic with the key as user name or password. */
export function secretsOf({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct !== '') return [direct];
  const [scheme = '', value = ''] = (headers.authorization ?? '').trim().split(/ +/);
  if (value === '') return [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return [value];
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString();
      const colon = pair.indexOf(':');
      const [user, password] = colon === -1 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
      return [password, user].filter((part) => part !== '');
    }
    default:
      return [];
  }
}

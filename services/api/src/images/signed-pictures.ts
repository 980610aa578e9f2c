/** Signs links that make pictures, and finds out whose link it is that is opened. */
import { type LinkRequest, Problem, type SignedLink } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';
import type { AuthMode, IdentifyLink } from '../http/auth/auth.ts';
import type { Identity } from '../http/auth/identity.ts';
import { timeOf } from '../http/times.ts';
import type { LinkKeys } from './link-keys.ts';
import { parametersOf } from './link-query.ts';
import { canonicalForm, isSignedBy, type LinkParameters, linkPath, signatureOf } from './link-signature.ts';

export type SignedPicturesOptions = {
  linkKeys: Pick<LinkKeys, 'find' | 'newest'>;
  publicUrl: string;
  mode: AuthMode;
  /** The time of Redis: a link is signed by one machine and opened by another. */
  nowMs: () => number;
};

const signs = ['key', 'exp', 'sig'];
const scopes = new Set(['thumbnails'] as const);

export function createSignedPictures({ linkKeys, publicUrl, mode, nowMs }: SignedPicturesOptions) {
  const verify = async (request: Pick<FastifyRequest, 'query'>): Promise<Identity> => {
    const parameters = parametersOf(request);
    const { key = '', exp, sig = '' } = parameters;
    const found = await linkKeys.find(key);
    if (found === null) throw refused('The secret that signed the link is not known, or was revoked.');
    if (!isSignedBy(found.secret, parameters, sig)) throw refused('The signature of the link is wrong.');
    if (exp !== undefined && !/^\d{1,12}$/.test(exp)) throw refused('The end of the link is no time.');
    if (exp !== undefined && Number(exp) * 1000 <= nowMs()) throw refused('The link has expired.');
    return { kind: 'link', id: found.tenant, tenant: found.tenant, scopes };
  };

  /** Whose link is opened; null for one that does not say that it is signed. */
  const identifyLink: IdentifyLink = (request) => {
    const { query } = request;
    const isSigned = typeof query === 'object' && query !== null && signs.some((name) => name in query);
    return isSigned ? verify(request) : null;
  };

  return {
    identifyLink,

    /**
     * Signs a link with the newest of the tenant's secrets. `said` is what the client has said, without defaults. Throws
     * `conflict` where the tenant has no secret, unless nobody needs one.
     */
    async sign(
      tenant: string,
      said: Omit<LinkRequest, 'expires_in_seconds'>,
      lifeSeconds?: number,
    ): Promise<SignedLink> {
      const key = await linkKeys.newest(tenant);
      if (key === null && mode === 'required') throw noSecret();
      const exp = lifeSeconds === undefined ? null : Math.floor(nowMs() / 1000) + lifeSeconds;
      const parameters = {
        ...parametersIn(said),
        ...(key && { key: key.id, ...(exp !== null && { exp: String(exp) }) }),
      };
      const signature = key && `&sig=${signatureOf(key.secret, parameters)}`;
      return {
        url: `${publicUrl}${linkPath}?${canonicalForm(parameters)}${signature ?? ''}`,
        key: key?.id ?? null,
        expires_at: key === null || exp === null ? null : timeOf(1000 * exp),
      };
    },
  };
}

/** An option of an option has a parameter of its own, as `crop.x`. */
function parametersIn(said: object, prefix = ''): LinkParameters {
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(parametersIn(value, `${prefix}${name}.`))
        : [[`${prefix}${name}`, String(value)]],
    ),
  );
}

function refused(detail: string): Problem {
  return new Problem('forbidden', { detail });
}

function noSecret(): Problem {
  return new Problem('conflict', { detail: 'There is no secret to sign with: make one first (POST /v1/links/keys).' });
}

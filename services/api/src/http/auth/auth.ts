/** Who may call what: finds out who calls, and refuses what the caller's key does not cover. */
import { type ApiScope, Problem } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { defaultTenant, type Identity, secretsOf } from './identity.ts';
import type { SignedLinks } from './signed-links.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null for a stranger, and where nobody is asked. */
    identity: Identity | null;
    /** Why it is not known who calls, once the request is counted; null when nothing was wrong. */
    refusal: { reason: unknown } | null;
    /** Whose jobs this request sees and makes. */
    tenant: string;
    /** Whether the link itself was the permission: the tenant is then not known. */
    hasSignedLink: boolean;
    /** Whether what needs this scope may be in the answer; everything may where nobody is asked. */
    hasScope(scope: ApiScope): boolean;
    /** Whether the caller may have what the route gives, as far as the caller's key says. */
    isPermitted(): boolean;
  }
  interface FastifyContextConfig {
    /** The scope that a key needs for this route, one of several, or any key; none for what is open to everybody. */
    scope?: ApiScope | readonly ApiScope[] | 'any';
    /** A key is asked for even where AUTH is off. */
    alwaysClosed?: boolean;
    /** Without a key it opens as well, for what is this tenant's. */
    publicTenant?: string;
    /** A signed link opens this route too. */
    opensBySignedLink?: boolean;
    /** A link that a tenant's own secret has signed opens this route too, and whoever opens it is then that tenant. */
    opensByLink?: boolean;
  }
}

const unknownKey = 'The key is not known, has expired, or was revoked.';

export type AuthMode = 'off' | 'required';

/** Whose secret it is; null for nobody's. Throws `unauthorized` with the reason for a token that is not valid. */
export type Identify = (secret: string) => Promise<Identity | null>;

/** Whose link it is; null for one that says nothing of a signature. Throws `forbidden` for one that is not valid. */
export type IdentifyLink = (request: Pick<FastifyRequest, 'query'>) => Promise<Identity> | null;

export type IdentificationOptions = { mode: AuthMode; identify: Identify; identifyLink: IdentifyLink };

function unsignedLink(): Problem {
  return new Problem('forbidden', {
    detail: 'The link is not signed, and came without a key: POST /v1/links signs it.',
  });
}

/** Whether the request needs somebody to answer for it. */
function isClosed(request: FastifyRequest, mode: AuthMode): boolean {
  const { scope, alwaysClosed, publicTenant } = request.routeOptions.config;
  if (publicTenant !== undefined && secretsOf(request).length === 0) return false;
  return scope !== undefined && (mode === 'required' || alwaysClosed === true);
}

/**
 * Sets `request.identity` from the key or token that came along. Nobody is refused here: what is wrong is told by the
 * authorisation, behind the quotas.
 */
export const identification = fastifyPlugin<IdentificationOptions>(async (app, { mode, identify, identifyLink }) => {
  app.decorateRequest('identity', null);
  app.decorateRequest('refusal', null);
  app.decorateRequest('tenant', defaultTenant);

  /** A link is worth the same whatever key a client sends along out of habit; a wrong one is wrong where none is needed. */
  const identifyCaller = async (request: FastifyRequest, link: Promise<Identity> | null): Promise<void> => {
    if (link) request.identity = await link;
    else for (const secret of secretsOf(request)) request.identity ??= await identify(secret);
    if (request.identity) request.tenant = request.identity.tenant;
  };

  app.addHook('onRequest', (request, _reply, done) => {
    const link = request.routeOptions.config.opensByLink ? identifyLink(request) : null;
    if (link === null && !isClosed(request, mode)) {
      const { publicTenant } = request.routeOptions.config;
      if (publicTenant !== undefined) request.tenant = publicTenant;
      return done();
    }
    const refuse = (reason: unknown) => {
      request.refusal = { reason };
    };
    identifyCaller(request, link)
      .catch(refuse)
      .then(() => done(), done);
  });
});

/** Who manages the service may watch it too. */
function covers({ scopes }: Identity, needed: readonly ApiScope[]): boolean {
  return needed.some((scope) => scopes.has(scope) || (scope === 'metrics' && scopes.has('admin')));
}

export type AuthorisationOptions = { mode: AuthMode; signedLinks: Pick<SignedLinks, 'verify'> };

type LinkQuery = { name?: string; exp?: unknown; sig?: unknown };

/**
 * Throws `unauthorized` without a key, what was found wrong with one, and `forbidden` with one that lacks the route's
 * scope.
 */
export const authorisation = fastifyPlugin<AuthorisationOptions>(async (app, { mode, signedLinks }) => {
  app.decorateRequest('hasSignedLink', false);
  app.decorateRequest('hasScope', function hasScope(this: FastifyRequest, scope: ApiScope) {
    return !isClosed(this, mode) || (this.identity !== null && covers(this.identity, [scope]));
  });
  app.decorateRequest('isPermitted', function isPermitted(this: FastifyRequest) {
    if (!isClosed(this, mode)) return true;
    const { scope = 'any' } = this.routeOptions.config;
    return this.identity !== null && (scope === 'any' || covers(this.identity, [scope].flat()));
  });
  type LinkRequest = FastifyRequest<{ Querystring: LinkQuery }>;

  const requirePermission = async (request: LinkRequest, reply: FastifyReply): Promise<void> => {
    const { identity, refusal, query } = request;
    const { scope = 'any', opensBySignedLink, opensByLink } = request.routeOptions.config;
    // A link is worth the same whatever key a client sends along out of habit.
    if (opensBySignedLink && query.sig !== undefined) {
      const [path = ''] = request.url.split('?');
      await signedLinks.verify({ path, name: query.name, exp: query.exp, sig: query.sig });
      request.hasSignedLink = true;
      return;
    }
    if (refusal) throw refusal.reason;
    if (!identity && opensByLink && secretsOf(request).length === 0) throw unsignedLink();
    if (!identity) {
      reply.header('www-authenticate', 'Bearer realm="tintype"');
      throw new Problem('unauthorized', secretsOf(request).length === 0 ? {} : { detail: unknownKey });
    }
    if (request.isPermitted()) return;
    throw new Problem('forbidden', { detail: `The key lacks the scope ${[scope].flat().join(' or ')}.` });
  };

  app.addHook<{ Querystring: LinkQuery }>('onRequest', (request, reply, done) => {
    if (isClosed(request, mode) || request.refusal !== null) requirePermission(request, reply).then(() => done(), done);
    else done();
  });
});

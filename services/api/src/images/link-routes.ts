/** `/v1/links`: signs links that make pictures, and has the secrets that sign them. */
import { LinkRequest, maxTokenSeconds, Problem, parse, parseSourceUrl } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Presets } from '../presets/presets.ts';
import { orderOf } from '../thumbnails/job-preparation.ts';
import { createKeySchema, listKeysSchema, revokeKeySchema, signSchema } from './image-schemas.ts';
import type { LinkKeys } from './link-keys.ts';
import { filledBy } from './link-query.ts';
import type { createSignedPictures } from './signed-pictures.ts';

export type LinkRoutesOptions = {
  linkKeys: Pick<LinkKeys, 'create' | 'list' | 'listAll' | 'tenantOf' | 'revoke'>;
  sign: ReturnType<typeof createSignedPictures>['sign'];
  presets: Pick<Presets, 'fill' | 'watermarks'>;
};

const config = { scope: 'thumbnails' } as const;
/** The answer opens what it names: it is made again, not kept. */
const signConfig = { ...config, repeat: 'anew' } as const;
const createConfig = { ...config, repeat: 'refused' } as const;
/** The operator's key need not see pictures to end links to them. */
const manageConfig = { scope: ['thumbnails', 'admin'] } as const;

export const linkRoutes: FastifyPluginAsync<LinkRoutesOptions> = async (app, { linkKeys, sign, presets }) => {
  // Defaults would be said in every link: the handler checks the body as it is.
  const validatorCompiler = () => () => true;
  app.post('/v1/links', { schema: signSchema, config: signConfig, validatorCompiler }, async (request, reply) => {
    const { expires_in_seconds, ...said } = saidIn(request, presets);
    requireShortLife(request, expires_in_seconds);
    const link = await sign(request.tenant, said, expires_in_seconds);
    return reply.header('cache-control', 'no-store').send(link);
  });

  app.post('/v1/links/keys', { schema: createKeySchema, config: createConfig }, async (request, reply) => {
    requireLasting(request);
    const key = await linkKeys.create(request.tenant);
    request.log.info({ linkKeyId: key.id, tenant: request.tenant, by: request.identity?.id }, 'secret of links made');
    return reply.code(201).header('cache-control', 'no-store').send(key);
  });

  app.get('/v1/links/keys', { schema: listKeysSchema, config: manageConfig }, async (request, reply) => {
    const data = isOperator(request) ? await linkKeys.listAll() : await linkKeys.list(request.tenant);
    return reply.send({ data, next: null });
  });

  app.delete<{ Params: { id: string } }>(
    '/v1/links/keys/:id',
    { schema: revokeKeySchema, config: manageConfig },
    async (request, reply) => {
      requireLasting(request);
      const { id } = request.params;
      const tenant = (isOperator(request) && (await linkKeys.tenantOf(id))) || request.tenant;
      await linkKeys.revoke(id, tenant);
      request.log.info({ linkKeyId: id, tenant, by: request.identity?.id }, 'secret of links revoked');
      return reply.code(204).send();
    },
  );
};

/** Who sees the secrets of all tenants, as their keys. Where nobody is asked for a key, nobody does. */
function isOperator({ identity }: FastifyRequest): boolean {
  return identity?.scopes.has('admin') ?? false;
}

/** What the client has said, once it is known that a link may say so. */
function saidIn({ body }: FastifyRequest, presets: Pick<Presets, 'fill' | 'watermarks'>): LinkRequest {
  const whole = parse(LinkRequest, body ?? {});
  parseSourceUrl(whole.url);
  orderOf(parse(LinkRequest, filledBy(presets, Object(body))), presets.watermarks.names);
  const names = new Set(Object.keys(Object(body)));
  const { url, ...rest } = whole;
  // A lone half of a pair of UTF-16 has no UTF-8: it is what the URL's parser makes of it.
  return { url: url.toWellFormed(), ...Object.fromEntries(Object.entries(rest).filter(([name]) => names.has(name))) };
}

/** A token lives for minutes, and what it signs no longer than that. */
function requireShortLife({ identity }: FastifyRequest, seconds: number | undefined): void {
  if (identity?.kind !== 'token' || (seconds !== undefined && seconds <= maxTokenSeconds)) return;
  const detail = `A token signs links of ${maxTokenSeconds} seconds at most: say expires_in_seconds, or send a key.`;
  throw new Problem('forbidden', { detail });
}

/** A token lives for minutes: what it made or unmade would stay. */
function requireLasting({ identity }: FastifyRequest): void {
  if (identity?.kind !== 'token') return;
  throw new Problem('forbidden', { detail: 'The secrets of links are not for a token: send a key.' });
}

/** `/v1/limits`: what may be asked for and kept, and what is kept already. */
import { Limits } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import type { ReadLimits } from './limits.ts';

export type LimitRoutesOptions = { limits: ReadLimits };

/** Everybody may read the own ones. */
const config = { scope: 'any' } as const;
const schema = {
  operationId: 'getLimits',
  tags: ['service'],
  summary: 'Every limit in force, and what you have used of your quotas',
  description:
    'What is used is counted by the tenant of the key, to the job and to the byte; `redis_bytes` is what jobs may come to take at most. DELETE /v1/thumbnails/{id} and DELETE /v1/palettes/{name} make room at once.',
  response: { 200: json('The limits', Limits) },
};

export const limitRoutes: FastifyPluginAsync<LimitRoutesOptions> = async (app, { limits }) => {
  app.get('/v1/limits', { schema, config }, async (request, reply) =>
    reply.header('cache-control', 'no-store').send(await limits(request.tenant)),
  );
};

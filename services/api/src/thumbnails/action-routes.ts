/** `/v1/thumbnails/{id}/…`: cancel, delete, retry, and what happened to it. */
import { type BulkRetry, isProblemCode, Problem } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { retryAfterSeconds } from './look-up.ts';
import { bulkRetrySchema, cancelSchema, deleteSchema, retrySchema, timelineSchema } from './thumbnail-schemas.ts';
import type { ViewThumbnail } from './thumbnail-view.ts';
import type { Thumbnails } from './thumbnails.ts';
import { timelineOf } from './timeline-view.ts';

export type ActionRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'cancel' | 'remove' | 'retry' | 'retryAll' | 'readAttempts' | 'read'>;
  viewThumbnail: ViewThumbnail;
  publicUrl: string;
};

const config = { scope: 'thumbnails' } as const;
const cancelConfig = { ...config, repeat: 'reread' } as const;
const retryOneConfig = { ...config, makesJob: true, repeat: 'reread' } as const;
type OfOne = { Params: { id: string } };

export const actionRoutes: FastifyPluginAsync<ActionRoutesOptions> = async (app, options) => {
  const { thumbnails, viewThumbnail, publicUrl } = options;

  app.post<OfOne>(
    '/v1/thumbnails/:id/cancel',
    { schema: cancelSchema, config: cancelConfig },
    async (request, reply) => {
      const caller = callerOf(request);
      const act = request.repeats === null ? thumbnails.cancel : thumbnails.read;
      const record = await act(request.params.id, caller);
      if (request.repeats === null) request.log.info({ jobId: record.id }, 'cancelled');
      return uncached(reply).send(await viewThumbnail(record, caller));
    },
  );

  app.delete<OfOne>('/v1/thumbnails/:id', { schema: deleteSchema, config }, async (request, reply) => {
    await thumbnails.remove(request.params.id, callerOf(request));
    request.log.info({ jobId: request.params.id }, 'deleted');
    return reply.code(204).send();
  });

  app.post<OfOne>(
    '/v1/thumbnails/:id/retry',
    { schema: retrySchema, config: retryOneConfig },
    async (request, reply) => {
      const caller = callerOf(request);
      const act = request.repeats === null ? thumbnails.retry : thumbnails.read;
      const record = await act(request.params.id, caller);
      if (request.repeats === null) request.log.info({ jobId: record.id }, 'queued again');
      reply.header('location', `${publicUrl}/v1/thumbnails/${record.id}`).header('retry-after', retryAfterSeconds);
      return uncached(reply)
        .code(202)
        .send(await viewThumbnail(record, caller));
    },
  );

  app.post<{ Querystring: { code: string } }>(
    '/v1/thumbnails/retry',
    { schema: bulkRetrySchema, config },
    async (request: FastifyRequest<{ Querystring: { code: string } }>, reply) => {
      const { code } = request.query;
      if (!isProblemCode(code)) throw new Problem('invalid_option', { detail: 'There is no such problem code.' });
      const answer: BulkRetry = {
        code,
        ...(await thumbnails.retryAll(code, callerOf(request), request.jobQuota(reply))),
      };
      return uncached(reply).send(answer);
    },
  );

  app.get<OfOne>('/v1/thumbnails/:id/timeline', { schema: timelineSchema, config }, async (request, reply) => {
    const { record, attempts, atMs } = await thumbnails.readAttempts(request.params.id, callerOf(request));
    return uncached(reply).send(timelineOf(record, attempts, publicUrl, atMs));
  });
};

function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache');
}

/** `/v1/batches`: many pictures in one request, looked up, cancelled and deleted together. */
import { batchPageItems, Problem } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { idFor } from '../http/idempotent-requests.ts';
import { validateAllButBody } from '../http/request-validation.ts';
import { clientOf } from '../http/turns.ts';
import { withWait } from '../http/waiting.ts';
import { type AnswerBatchOptions, createAnswerBatch } from './batch-answer.ts';
import type { ItemRange } from './batch-look-up.ts';
import { type FillPresets, readBatchBody } from './batch-request.ts';
import { cancelBatchSchema, createBatchSchema, deleteBatchSchema, getBatchSchema } from './batch-schemas.ts';
import type { Batches } from './batches.ts';
import { answerNewBatch } from './new-batch-answer.ts';

export type BatchRoutesOptions = AnswerBatchOptions & {
  batches: Batches;
  presets: { fill: FillPresets };
  stopping: AbortSignal;
};

/** Five hundred items with long URLs and a few options each. */
const bodyMaxBytes = 1024 * 1024;

type PageQuery = { wait?: number; cursor?: string; limit?: number };
type OfOne = { Params: { id: string } };

const config = { scope: 'thumbnails' } as const;
const createConfig = { ...config, repeat: 'rebuilt' } as const;
const cancelConfig = { ...config, repeat: 'reread' } as const;
const firstPage: ItemRange = { from: 0, count: batchPageItems };
/** Each item is read and answered for itself. */
const pageConfig = {
  ...config,
  listLength: ({ query }: FastifyRequest) => {
    const limit = typeof query === 'object' && query !== null && 'limit' in query ? Number(query.limit) : Number.NaN;
    return Number.isNaN(limit) ? batchPageItems : limit;
  },
} as const;

export const batchRoutes: FastifyPluginAsync<BatchRoutesOptions> = async (app, options) => {
  const { batches, publicUrl, stopping, turns, presets } = options;
  const answerBatch = createAnswerBatch(options);

  app.post<{ Querystring: { wait?: number } }>(
    '/v1/batches',
    { schema: createBatchSchema, config: createConfig, bodyLimit: bodyMaxBytes, validatorCompiler: validateAllButBody },
    async (request, reply) => {
      const id = idFor(request);
      if (request.repeats === null) {
        const work = turns.begin(clientOf(request));
        const { items, metadata } = await readBatchBody(request.body, presets.fill, work);
        const orders = items.map((item) =>
          item instanceof Problem ? item : { source: { url: item.url }, options: item },
        );
        const order = { id, caller: callerOf(request), items: orders, metadata };
        await batches.submitBatch(order, request.jobQuota(reply), work);
      }
      return answerNewBatch(id, request, reply, { batches, answerBatch, publicUrl, stopping });
    },
  );

  app.get<OfOne & { Querystring: PageQuery }>(
    '/v1/batches/:id',
    { schema: getBatchSchema, config: pageConfig },
    async (request, reply) => {
      const { cursor = '0', limit = batchPageItems } = request.query;
      const range = { from: Number(cursor), count: limit };
      const record = await withWait(request, reply, stopping, (wait) =>
        batches.readEnded(request.params.id, callerOf(request), range, wait),
      );
      return answerBatch(record, request, reply);
    },
  );

  app.post<OfOne>(
    '/v1/batches/:id/cancel',
    { schema: cancelBatchSchema, config: cancelConfig },
    async (request, reply) => {
      const { id } = request.params;
      const caller = callerOf(request);
      const record =
        request.repeats === null
          ? await batches.cancel(id, caller, firstPage)
          : await batches.readEnded(id, caller, firstPage, null);
      if (request.repeats === null) request.log.info({ batchId: id }, 'batch cancelled');
      return answerBatch(record, request, reply);
    },
  );

  app.delete<OfOne>('/v1/batches/:id', { schema: deleteBatchSchema, config }, async (request, reply) => {
    await batches.remove(request.params.id, callerOf(request));
    request.log.info({ batchId: request.params.id }, 'batch deleted');
    return reply.code(204).send();
  });
};

/** `/v1/feedback`: which items fit a query; and the operator's look at the batches in which it came. */
import {
  type BatchListQuery,
  type Feedback,
  type FeedbackBatch,
  type FeedbackBatchList,
  feedbackLimits,
  isThumbnailId,
  type KeptBatch,
  Problem,
} from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import type { SigningKeys } from '../http/auth/signing-keys.ts';
import type { FeedbackUse } from './feedback.ts';
import { giveFeedbackSchema, listBatchesSchema, undoBatchSchema } from './feedback-schemas.ts';
import { voterOf } from './voter.ts';

export type FeedbackRoutesOptions = {
  feedback: Pick<FeedbackUse, 'give' | 'batches' | 'undo'>;
  signingKeys: SigningKeys;
  /** Whose library everybody may judge without a key; null for nobody's. */
  publicTenant: string | null;
};

const adminConfig = { scope: 'admin', alwaysClosed: true } as const;

export const feedbackRoutes: FastifyPluginAsync<FeedbackRoutesOptions> = async (app, options) => {
  const { feedback, signingKeys, publicTenant } = options;
  const config = { scope: 'library', ...(publicTenant !== null && { publicTenant }) } as const;

  app.post<{ Body: Feedback }>('/v1/feedback', { schema: giveFeedbackSchema, config }, async (request, reply) => {
    const { body, tenant } = request;
    const voter = await voterOf(request, body.voter, signingKeys);
    const accepted = await feedback.give(body, { tenant, ...voter });
    return reply.code(202).header('cache-control', 'no-store').send(accepted);
  });

  app.get<{ Querystring: BatchListQuery }>(
    '/v1/feedback/batches',
    { schema: listBatchesSchema, config: adminConfig },
    async ({ query: { tenant, limit = feedbackLimits.batches.usual, cursor } }, reply) => {
      // One more than asked for tells whether there is a next page.
      const found = await feedback.batches(tenant, limit + 1, cursor);
      const page = found.slice(0, limit);
      const next = found.length > limit ? (page.at(-1)?.id ?? null) : null;
      const answer: FeedbackBatchList = { data: page.map(viewOf), next };
      return reply.header('cache-control', 'no-store').send(answer);
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/feedback/batches/:id',
    { schema: undoBatchSchema, config: adminConfig },
    async (request, reply) => {
      const { id } = request.params;
      if (!isThumbnailId(id)) throw new Problem('not_found', { detail: 'There is no such batch of feedback.' });
      await feedback.undo(id);
      request.log.info({ batch: id, by: request.identity?.id }, 'feedback undone');
      return reply.code(204).send();
    },
  );
};

function viewOf({ at, undoneAt, ...batch }: KeptBatch): FeedbackBatch {
  return { ...batch, created_at: at, undone_at: undoneAt };
}

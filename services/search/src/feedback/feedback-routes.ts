/** `/feedback`: verdicts are kept and taken back; and the batches in which they came. */
import {
  type BatchesAnswer,
  BatchesQuery,
  FeedbackCommand,
  type FeedbackKept,
  feedbackPaths,
  searchPaths,
} from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import type { Libraries } from '../library/libraries.ts';
import type { FeedbackStore } from './feedback-store.ts';

export type FeedbackRoutesOptions = { feedback: FeedbackStore; libraries: Pick<Libraries, 'catchUp'> };

export const feedbackRoutes: FastifyPluginAsync<FeedbackRoutesOptions> = async (app, { feedback, libraries }) => {
  app.post<{ Body: FeedbackCommand }>(searchPaths.feedback, { schema: { body: FeedbackCommand } }, async ({ body }) => {
    const kept = body.do === 'keep' ? await feedback.keep(body) : await feedback.undo(body.batch);
    // Whoever searches next here finds it counted; other processes hear of it within a second.
    await libraries.catchUp();
    return kept satisfies FeedbackKept;
  });
  app.get<{ Querystring: BatchesQuery }>(
    feedbackPaths.batches,
    { schema: { querystring: BatchesQuery } },
    async ({ query }) => ({ batches: await feedback.batches(query) }) satisfies BatchesAnswer,
  );
};

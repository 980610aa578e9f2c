/** `/feedback/verdicts` and `/feedback/queries`: all that was judged and searched. */
import { Readable } from 'node:stream';
import { feedbackPaths, QueryStatsOrder, VerdictsQuery } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import type { Database } from '../database/connect.ts';
import type { QueryCounts } from './query-counts.ts';
import { queryStats } from './query-stats.ts';
import { verdictPages } from './verdict-pages.ts';

export type AnalyticsRoutesOptions = { db: Database; counts: Pick<QueryCounts, 'flush'> };

export const analyticsRoutes: FastifyPluginAsync<AnalyticsRoutesOptions> = async (app, { db, counts }) => {
  app.get<{ Querystring: VerdictsQuery }>(
    feedbackPaths.verdicts,
    { schema: { querystring: VerdictsQuery } },
    async ({ query }, reply) => {
      const pages = verdictPages(db, query);
      // A database that is away is told as a refusal, and not in the middle of an answer.
      const first = await pages.next();
      async function* lines(): AsyncGenerator<string, void> {
        if (first.done) return;
        yield `${JSON.stringify(first.value)}\n`;
        for await (const page of pages) yield `${JSON.stringify(page)}\n`;
      }
      return reply.type('application/x-ndjson').send(Readable.from(lines(), { highWaterMark: 1 }));
    },
  );

  app.get<{ Querystring: QueryStatsOrder }>(
    feedbackPaths.queries,
    { schema: { querystring: QueryStatsOrder } },
    async ({ query }) => {
      await counts.flush();
      return queryStats(db, query);
    },
  );
};

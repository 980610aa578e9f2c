/** `/v1/analytics`: all feedback on a library, and what is searched in it. A key is asked for even where none is needed. */
import { Readable } from 'node:stream';
import {
  type AnalyticsQuery,
  feedbackLimits,
  Problem,
  type QueryStatsQuery,
  type VerdictsPage,
  type VerdictsQuery,
} from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { SearchClient } from '../library/search-client.ts';
import { analyticsSchema, queryStatsSchema, trainingSchema } from './analytics-schemas.ts';
import { type TableRow, tableTypes, writeTable } from './table-writers.ts';

export type AnalyticsRoutesOptions = { search: Pick<SearchClient, 'verdicts' | 'queryStats'> };

const config = { scope: 'analytics', alwaysClosed: true } as const;
const trainingColumns = ['query', 'item', 'label', 'position'] as const;
const allColumns = [...trainingColumns, 'voter', 'batch', 'created_at'] as const;

type TableRequest = FastifyRequest<{ Querystring: AnalyticsQuery }>;

export const analyticsRoutes: FastifyPluginAsync<AnalyticsRoutesOptions> = async (app, { search }) => {
  const sendTable = async (
    { query: { query, from, to, format = 'json' }, tenant, method }: TableRequest,
    reply: FastifyReply,
    columns: readonly (typeof allColumns)[number][],
  ): Promise<FastifyReply> => {
    const order: VerdictsQuery = { tenant, ...(query !== undefined && { query }), ...timesIn({ from, to }) };
    reply.type(tableTypes[format]).header('cache-control', 'no-store');
    if (method === 'HEAD') return reply.send(Readable.from([]));
    return reply.send(writeTable(format, columns, withColumns(await search.verdicts(order), columns)));
  };

  app.get<{ Querystring: AnalyticsQuery }>('/v1/analytics', { schema: analyticsSchema, config }, (request, reply) =>
    sendTable(request, reply, allColumns),
  );

  app.get<{ Querystring: AnalyticsQuery }>(
    '/v1/analytics/training',
    { schema: trainingSchema, config },
    (request, reply) => sendTable(request, reply, trainingColumns),
  );

  app.get<{ Querystring: QueryStatsQuery }>(
    '/v1/analytics/queries',
    { schema: queryStatsSchema, config },
    async ({ query: { from, to, limit = feedbackLimits.queries.usual }, tenant }, reply) => {
      const stats = await search.queryStats({ tenant, limit, ...timesIn({ from, to }) });
      return reply.header('cache-control', 'no-store').send(stats);
    },
  );
};

async function* withColumns(
  pages: AsyncIterable<VerdictsPage>,
  columns: readonly (typeof allColumns)[number][],
): AsyncGenerator<TableRow[], void> {
  for await (const page of pages) {
    yield page.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
  }
}

/** The search service reads years 0001 to 9999, in UTC. */
const writtenYear = /^(?!0000)\d{4}-/;

/** A day begins at midnight UTC. Throws `invalid_request` for a day that no month has. */
function timesIn(times: { from: string | undefined; to: string | undefined }): { from?: string; to?: string } {
  const given = Object.entries(times).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  return Object.fromEntries(
    given.map(([name, text]) => {
      const day = text.slice(0, 'yyyy-mm-dd'.length);
      const [ms, midnight] = [Date.parse(text), Date.parse(day)];
      // The 31st of February would be the 3rd of March.
      const isThere = !Number.isNaN(ms) && new Date(midnight).toISOString().startsWith(day);
      const time = isThere ? new Date(ms).toISOString() : '';
      if (writtenYear.test(time)) return [name, time];
      const detail = 'is no day, or no time, that there is';
      const errors = [{ pointer: `/${name}`, detail }];
      throw new Problem('invalid_request', { detail: `/${name} ${detail}.`, errors });
    }),
  );
}

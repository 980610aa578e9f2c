/** `/v1/search`: items of the library by words, by a colour, by another item; and completions. */
import {
  type FoundItems,
  Problem,
  type SearchAnswer,
  type SimilarQuery,
  type SuggestAnswer,
  type SuggestQuery,
  searchLimits,
  searchTolerance,
} from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { hexOf } from '../colours/written-colours.ts';
import { createCursors } from './cursors.ts';
import type { ItemView } from './item-view.ts';
import type { Library } from './library.ts';
import { searchSchema, similarSchema, suggestSchema } from './library-schemas.ts';

export type SearchRoutesOptions = {
  library: Pick<Library, 'find' | 'findSimilar' | 'complete'>;
  view: ItemView;
  /** Whose library is searched without a key; null for nobody's. */
  publicTenant: string | null;
};

type SearchQuery = {
  query?: string;
  colour?: string;
  tolerance?: number;
  limit?: number;
  cursor?: string;
  explain?: '0' | '1';
};

export const searchRoutes: FastifyPluginAsync<SearchRoutesOptions> = async (app, { library, view, publicTenant }) => {
  const config = { scope: 'library', ...(publicTenant !== null && { publicTenant }) } as const;

  app.get<{ Querystring: SearchQuery }>('/v1/search', { schema: searchSchema, config }, async (request, reply) => {
    const { query = '', colour, tolerance, limit = searchLimits.found.usual, cursor, explain } = request.query;
    const hex = colour === undefined ? null : hexOf(colour, '/colour');
    if (query.trim() === '' && hex === null) throw nothingAsked();
    const within = tolerance ?? searchTolerance.usual;
    const cursors = createCursors([request.tenant, query, hex, within]);
    const offset = cursor === undefined ? 0 : Number(cursors.read(cursor));
    const { tenant } = request;
    const found = await library.find({ find: 'items', tenant, query, colour: hex, tolerance: within, offset, limit });
    const end = offset + limit;
    const next = end < Math.min(found.total, searchLimits.deepest) ? cursors.write(end) : null;
    const answer: SearchAnswer = {
      query,
      ...(await answerOf(found, explain === '1')),
      next,
    };
    return reply.header('cache-control', 'no-cache').send(answer);
  });

  app.get<{ Params: { id: string }; Querystring: SimilarQuery }>(
    '/v1/search/similar/:id',
    { schema: similarSchema, config },
    async ({ params: { id }, query: { by = 'colour', limit = searchLimits.found.usual }, tenant }, reply) => {
      const found = await library.findSimilar({ find: 'similar', tenant, id, by, limit });
      const answer: SearchAnswer = { query: null, ...(await answerOf(found, false)), next: null };
      return reply.header('cache-control', 'no-cache').send(answer);
    },
  );

  app.get<{ Querystring: SuggestQuery }>(
    '/v1/search/suggest',
    { schema: suggestSchema, config },
    async ({ query: { prefix, limit = searchLimits.suggestions.usual }, tenant }, reply) => {
      const answer: SuggestAnswer = { data: await library.complete(tenant, prefix, limit), next: null };
      return reply.header('cache-control', 'no-cache').send(answer);
    },
  );

  const answerOf = async (found: FoundItems, explained: boolean) => ({
    corrected: found.corrected,
    total: found.total,
    data: await view.foundOf(found, explained),
  });
};

function nothingAsked(): Problem {
  const detail = 'is needed, or a colour';
  return new Problem('invalid_request', {
    detail: `/query ${detail}: say what to look for.`,
    errors: [{ pointer: '/query', detail }],
  });
}

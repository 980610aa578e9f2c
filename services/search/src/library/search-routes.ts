/** `/search`: items of one tenant by words, by a colour, or by another item; and completions of what is being typed. */
import { oklabFromRgb, rgbFromHex } from '@tintype/colour';
import { type FoundCompletions, type FoundItems, Problem, SearchOrder, searchPaths } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import type { LearnedQueries } from '../feedback/learned-queries.ts';
import type { QueryCounts } from '../feedback/query-counts.ts';
import type { ItemStore } from '../items/item-store.ts';
import type { Hit } from '../ranking/search.ts';
import type { Libraries } from './libraries.ts';

export type SearchRoutesOptions = {
  items: Pick<ItemStore, 'list'>;
  libraries: Pick<Libraries, 'of'>;
  learned: Pick<LearnedQueries, 'of'>;
  counts: Pick<QueryCounts, 'count'>;
};

type Found = { total: number; corrected: string | null; hits: readonly Hit[] };
type Order<Kind extends SearchOrder['find']> = Extract<SearchOrder, { find: Kind }>;

const nothing: Found = { total: 0, corrected: null, hits: [] };

export const searchRoutes: FastifyPluginAsync<SearchRoutesOptions> = async (
  app,
  { items, libraries, learned, counts },
) => {
  app.post<{ Body: SearchOrder }>(searchPaths.search, { schema: { body: SearchOrder } }, async ({ body }) => {
    switch (body.find) {
      case 'items':
        return withItems(body.tenant, await findCounted(body));
      case 'similar':
        return withItems(body.tenant, similar(body));
      case 'completions':
        return {
          completions: libraries.of(body.tenant)?.suggest(body.prefix, body.limit) ?? [],
        } satisfies FoundCompletions;
    }
  });

  /** What is turned over to the next page is one search. */
  const findCounted = async (order: Order<'items'>): Promise<Found> => {
    const found = await find(order);
    if (order.offset === 0) counts.count(order.tenant, order.query, found.total);
    return found;
  };

  const find = async ({ tenant, query, colour, tolerance, offset, limit }: Order<'items'>): Promise<Found> => {
    const library = libraries.of(tenant);
    if (library === null) return nothing;
    return library.search({
      text: query,
      colour: colour === null ? null : oklabFromRgb(rgbFromHex(colour)),
      tolerance,
      offset,
      limit,
      explain: true,
      learned: await learned.of(tenant, query),
    });
  };

  const similar = ({ tenant, id, by, limit }: Order<'similar'>): Found => {
    const hits = libraries.of(tenant)?.similar(id, by, limit) ?? null;
    if (hits === null) throw new Problem('not_found', { detail: 'There is no such item, or it is not ready.' });
    return { total: hits.length, corrected: null, hits };
  };

  /** What has gone since it was found is left out. */
  const withItems = async (tenant: string, { total, corrected, hits }: Found): Promise<FoundItems> => {
    const kept = await items.list({ tenant, id: hits.map(({ id }) => id) });
    const byId = new Map(kept.map((item) => [item.id, item]));
    return {
      total,
      corrected,
      hits: hits.flatMap(({ id, score, matched, parts = {} }) => {
        const item = byId.get(id);
        return item ? [{ item, score, matched: [...matched], parts }] : [];
      }),
    };
  };
};

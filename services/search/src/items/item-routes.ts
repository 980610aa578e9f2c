/** `/items`: what is done to the items of a tenant, and those that there are. */
import { type ItemAnswer, ItemCommand, type ItemsAnswer, ItemsQuery, searchPaths } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';
import type { Libraries } from '../library/libraries.ts';
import type { ItemStore } from './item-store.ts';

export type ItemRoutesOptions = { items: ItemStore; libraries: Pick<Libraries, 'catchUp'> };

export const itemRoutes: FastifyPluginAsync<ItemRoutesOptions> = async (app, { items, libraries }) => {
  app.post<{ Body: ItemCommand }>(searchPaths.items, { schema: { body: ItemCommand } }, async ({ body }) => {
    const item = await items.run(body);
    // Whoever asks next finds what was done here; other processes hear of it within a second.
    await libraries.catchUp();
    return { item } satisfies ItemAnswer;
  });
  app.get<{ Querystring: ItemsQuery }>(
    searchPaths.items,
    { schema: { querystring: ItemsQuery } },
    async ({ query }) => ({ items: await items.list(query) }) satisfies ItemsAnswer,
  );
};

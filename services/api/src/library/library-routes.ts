/** The library under one roof: its items, and the search in them. */
import type { FastifyPluginAsync } from 'fastify';
import { type ItemRoutesOptions, itemRoutes } from './item-routes.ts';
import { type OneItemRoutesOptions, oneItemRoutes } from './one-item-routes.ts';
import { type SearchRoutesOptions, searchRoutes } from './search-routes.ts';

export type LibraryRoutesOptions = ItemRoutesOptions & OneItemRoutesOptions & SearchRoutesOptions;

export const libraryRoutes: FastifyPluginAsync<LibraryRoutesOptions> = async (app, options) => {
  await app.register(itemRoutes, options);
  await app.register(oneItemRoutes, options);
  await app.register(searchRoutes, options);
};

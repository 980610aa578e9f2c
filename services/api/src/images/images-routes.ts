/** `/v1/images` and `/v1/links`: links that make pictures. */
import type { FastifyPluginAsync } from 'fastify';
import { type ImageRoutesOptions, imageRoutes } from './image-routes.ts';
import { type LinkRoutesOptions, linkRoutes } from './link-routes.ts';

export type ImagesRoutesOptions = ImageRoutesOptions & LinkRoutesOptions;

export const imagesRoutes: FastifyPluginAsync<ImagesRoutesOptions> = async (app, options) => {
  await app.register(imageRoutes, options);
  await app.register(linkRoutes, options);
};

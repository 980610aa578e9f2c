/** Pictures of our own, so that the first call works without a network. */
import { readFile } from 'node:fs/promises';
import { Problem } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';

const samples: Record<string, string> = {
  'photo.jpg': 'image/jpeg',
  'teal.png': 'image/png',
  'transparent.png': 'image/png',
};

const folder = new URL('../../samples/', import.meta.url);

export const sampleRoutes: FastifyPluginAsync = async (app) => {
  app.get('/samples', { schema: { hide: true } }, async () => ({
    data: Object.keys(samples).map((name) => ({ name, url: `/samples/${name}` })),
  }));
  app.get<{ Params: { name: string } }>('/samples/:name', { schema: { hide: true } }, async (request, reply) => {
    const { name } = request.params;
    const contentType = Object.hasOwn(samples, name) ? samples[name] : undefined;
    if (contentType === undefined)
      throw new Problem('not_found', { detail: `The samples are ${Object.keys(samples).join(', ')}.` });
    return reply
      .type(contentType)
      .header('cache-control', 'public, max-age=3600')
      .send(await readFile(new URL(name, folder)));
  });
};

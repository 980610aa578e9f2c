/** `/v1/colours/match` and `/v1/thumbnails/{id}/colours`. */
import accepts from '@fastify/accepts';
import { Problem } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { coloursView } from '../thumbnails/colour-view.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import { type ColourMediaType, colourMediaTypes, formatColours } from './colour-formats.ts';
import { type ColoursQuery, coloursSchema } from './colour-schemas.ts';
import { requireCompleted } from './completed.ts';
import { type MatchRoutesOptions, matchRoutes } from './match-routes.ts';

export type ColourRoutesOptions = MatchRoutesOptions & { thumbnails: Pick<Thumbnails, 'read'> };

const config = { scope: 'colours' } as const;

export const colourRoutes: FastifyPluginAsync<ColourRoutesOptions> = async (app, options) => {
  await app.register(accepts);
  await app.register(matchRoutes, options);

  app.get<{ Params: { id: string }; Querystring: ColoursQuery }>(
    '/v1/thumbnails/:id/colours',
    { schema: coloursSchema, config },
    async (request, reply) => {
      const { prefix = 'colour', selector = ':root' } = request.query;
      const type = mediaTypeOf(request);
      const { result } = requireCompleted(await options.thumbnails.read(request.params.id, callerOf(request)));
      return reply
        .type(type === 'application/json' ? type : `${type}; charset=utf-8`)
        .headers({
          vary: 'accept',
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'no-cache',
        })
        .send(formatColours(coloursView(result.colours), type, { prefix, selector }));
    },
  );
};

function mediaTypeOf(request: FastifyRequest): ColourMediaType {
  const accepted = request.type([...colourMediaTypes]);
  const type = colourMediaTypes.find((candidate) => candidate === accepted);
  if (type) return type;
  throw new Problem('invalid_request', { detail: `The colours can be had as ${colourMediaTypes.join(', ')}.` });
}

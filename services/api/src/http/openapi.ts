/** The OpenAPI 3.1 document, generated from the schemas of the routes, and Swagger UI to try it. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import {
  ApiKey,
  ApiKeyList,
  BulkRetry,
  Health,
  MatchAnswer,
  MatchList,
  NewApiKey,
  Palette,
  PaletteList,
  PaletteSummary,
  ProblemDocument,
  Thumbnail,
  ThumbnailList,
  Timeline,
  Token,
} from '@tintype/contracts';
import type { FastifySchema, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import Type from 'typebox';

export type OpenapiOptions = { publicUrl: string; version: string; authRequired: boolean };

/** What the document names instead of repeating. */
const sharedSchemas = [
  ApiKey,
  ApiKeyList,
  BulkRetry,
  Health,
  MatchAnswer,
  MatchList,
  NewApiKey,
  Palette,
  PaletteList,
  PaletteSummary,
  ProblemDocument,
  Thumbnail,
  ThumbnailList,
  Timeline,
  Token,
];

/** The ways in which a key may come. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  basic: { type: 'http', scheme: 'basic' },
} as const;

const idempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'the same key again answers as the first time, for 24 hours',
    }),
  ),
});
const anyKey = Object.keys(securitySchemes).map((name) => ({ [name]: [] }));

/** What holds for every route of a kind: POST takes an Idempotency-Key, some routes need a key even where AUTH is off. */
function withConventions(schema: FastifySchema, { method, config }: RouteOptions): FastifySchema {
  return {
    ...schema,
    ...(method === 'POST' && { headers: idempotencyKey }),
    ...(config?.alwaysClosed && { security: anyKey }),
  };
}

/** Register before the routes: what is registered later is in the document. */
export const openapi = fastifyPlugin<OpenapiOptions>(async (app, { publicUrl, version, authRequired }) => {
  for (const schema of sharedSchemas) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tintype',
        version,
        description:
          'Hand in a picture, get an id at once, poll or wait, and receive a thumbnail and the picture’s colours.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // Relative, so that trying a call works under whatever name the page was opened.
      servers: [{ url: new URL(publicUrl).pathname }],
      components: { securitySchemes },
      ...(authRequired && { security: anyKey }),
      tags: [
        { name: 'thumbnails', description: 'Pictures in, thumbnails and colours out' },
        { name: 'colours', description: 'Colours of pictures, and their nearest in a palette' },
        { name: 'palettes', description: 'What is matched against' },
        { name: 'keys', description: 'Who may call' },
        { name: 'service', description: 'Health of this service' },
      ],
    },
    transform: ({ schema, url, route }) => ({ url, schema: withConventions(schema, route) }),
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`) },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, layout: 'BaseLayout' },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));
});

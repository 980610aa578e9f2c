/** The OpenAPI 3.1 document, generated from the schemas of the routes, and Swagger UI to try it. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import {
  BulkRetry,
  Health,
  MatchAnswer,
  MatchList,
  Palette,
  PaletteList,
  PaletteSummary,
  ProblemDocument,
  Thumbnail,
  ThumbnailList,
  Timeline,
} from '@tintype/contracts';
import fastifyPlugin from 'fastify-plugin';

export type OpenapiOptions = { publicUrl: string; version: string; authRequired: boolean };

/** What the document names instead of repeating. */
const sharedSchemas = [
  BulkRetry,
  Health,
  MatchAnswer,
  MatchList,
  Palette,
  PaletteList,
  PaletteSummary,
  ProblemDocument,
  Thumbnail,
  ThumbnailList,
  Timeline,
];

/** The ways in which a key may come. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  basic: { type: 'http', scheme: 'basic' },
} as const;

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
      ...(authRequired && { security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })) }),
      tags: [
        { name: 'thumbnails', description: 'Pictures in, thumbnails and colours out' },
        { name: 'colours', description: 'Colours of pictures, and their nearest in a palette' },
        { name: 'palettes', description: 'What is matched against' },
        { name: 'service', description: 'Health of this service' },
      ],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`) },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, layout: 'BaseLayout' },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));
});

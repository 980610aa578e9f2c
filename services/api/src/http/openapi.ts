/** The OpenAPI 3.1 document, generated from the schemas of the routes, and Swagger UI to try it. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { ProblemDocument } from '@tintype/contracts';
import type { FastifySchema, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import Type, { type TSchema } from 'typebox';
import { idempotencyKeyPattern } from './idempotent-requests.ts';
import { nameOf } from './route-schemas.ts';

export type OpenapiOptions = { publicUrl: string; version: string; authRequired: boolean; schemas: TSchema[] };

/** The ways in which a key may come. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  basic: { type: 'http', scheme: 'basic' },
} as const;

const idempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: idempotencyKeyPattern.source,
      description: 'the same key again, from the same caller, makes nothing twice, for 24 hours',
    }),
  ),
});
const anyKey = Object.keys(securitySchemes).map((name) => ({ [name]: [] }));

/** What holds for routes of a kind: POST takes an Idempotency-Key, some need a key even where AUTH is off, some never. */
function withConventions(schema: FastifySchema, { method, config }: RouteOptions): FastifySchema {
  return {
    ...schema,
    ...(method === 'POST' && { headers: idempotencyKey }),
    ...(config?.alwaysClosed && { security: anyKey }),
    ...(config?.scope === undefined && { security: [] }),
  };
}

/** Register before the routes: what comes later is in the document. It names `schemas` instead of repeating them. */
export const openapi = fastifyPlugin<OpenapiOptions>(async (app, { publicUrl, version, authRequired, schemas }) => {
  const named = [ProblemDocument, ...schemas].toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  for (const schema of named) app.addSchema(schema);
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
  // There is no page of its own yet: who opens the address in a browser sees what can be called.
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
  // A document that does not change is not written anew for everybody, and all who read it slowly hold the same bytes.
  let bytes: Buffer | null = null;
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    bytes ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type('application/json; charset=utf-8').send(bytes);
  });
});

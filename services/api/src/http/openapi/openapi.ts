/** The OpenAPI 3.1 document, generated from the schemas of the routes, and the page on which to try it. */
import swagger from '@fastify/swagger';
import type { ProblemCode } from '@tintype/contracts';
import type { FastifySchema, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { IsOptional, IsSchema } from 'typebox';
import { typeBaseOf } from '../problem-answers.ts';
import { answerHeadersOf, headerComponents, referToHeaders, requestHeadersOf } from './headers.ts';
import { collectNamedSchemas, type NamedSchemas } from './named-schemas.ts';
import { problemAnswers, problemExamples, problemsOf } from './problem-schemas.ts';
import { securityOf, securitySchemes } from './security.ts';

export type OpenapiOptions = {
  publicUrl: string;
  version: string;
  authRequired: boolean;
  /** Answers that the schemas refer to by these names. */
  examples: Record<string, { summary: string; value: object }>;
};

const about = `Hand in a picture, get an id at once, poll or wait, and receive a thumbnail and the picture’s colours.

Every error is a problem document of RFC 9457 whose \`code\` is [one of these words](/docs/errors); a job that has failed is
no error, but 200 with \`status: failed\` and the problem as its \`error\`. Every answer has an \`X-Request-Id\`, yours if you
sent one, and a \`traceparent\` of W3C Trace Context.`;

const tags = [
  { name: 'thumbnails', description: 'Pictures in, thumbnails and colours out' },
  { name: 'batches', description: 'Many pictures in one request' },
  { name: 'links', description: 'Links that make pictures, for `<img src>`' },
  { name: 'colours', description: 'Colours of pictures, and their nearest in a palette' },
  { name: 'palettes', description: 'What is matched against' },
  { name: 'counter', description: 'How often a digit is written' },
  { name: 'keys', description: 'Who may call' },
  { name: 'service', description: 'Health of this service' },
];

/** Register before the routes: what comes later is in the document. */
export const openapi = fastifyPlugin<OpenapiOptions>(async (app, options) => {
  const { publicUrl, version, authRequired, examples } = options;
  const seen: Seen = { named: collectNamedSchemas(), problems: new Set(), optionalBodies: new Set() };
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tintype', version, description: about, license: { name: 'MIT', identifier: 'MIT' } },
      // Relative, so that trying a call works under whatever name the page was opened.
      servers: [{ url: new URL(publicUrl).pathname }],
      components: { securitySchemes },
      tags,
    },
    transform: ({ schema, url, route }) => ({ url, schema: documented(schema, route, seen, authRequired) }),
    transformObject: (made) => {
      if (!('openapiObject' in made)) return made.swaggerObject;
      const { openapiObject } = made;
      const { components = {}, paths = {} } = openapiObject;
      for (const item of Object.values(paths)) {
        referToHeaders(item ?? {});
        const { operationId = '', requestBody = {} } = item?.post ?? {};
        if (seen.optionalBodies.has(operationId)) Object.assign(requestBody, { required: false });
      }
      const shown = { ...examples, ...problemExamples(seen.problems, typeBaseOf(publicUrl)) };
      Object.assign(components, { schemas: seen.named.all(), examples: shown, headers: headerComponents });
      return openapiObject;
    },
    convertConstToEnum: false,
  });
  // A document that does not change is not written anew for everybody, and all who read it slowly hold the same bytes.
  let bytes: Buffer | null = null;
  const documentBytes = () => {
    bytes ??= Buffer.from(JSON.stringify(app.swagger()));
    return bytes;
  };
  // It holds the loop for as long as a request may at most: no client is to wait for that.
  app.addHook('onListen', async () => void documentBytes());
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(documentBytes()),
  );
});

/** What the operations of the document have referred to so far. */
type Seen = {
  named: NamedSchemas;
  problems: Set<ProblemCode>;
  /** Operations whose body may be missing, by their ids. */
  optionalBodies: Set<string>;
};

/** The schema of a route with what holds for all routes of its kind: headers, problems, and who may call. */
function documented(
  schema: FastifySchema,
  route: RouteOptions,
  { named, problems, optionalBodies }: Seen,
  authRequired: boolean,
): FastifySchema {
  if (schema?.hide) return schema;
  const { problems: _named, documentedQuery, response, ...rest } = schema;
  const codes = problemsOf(route);
  for (const code of codes) problems.add(code);
  if (IsSchema(schema.body) && IsOptional(schema.body)) optionalBodies.add(schema.operationId ?? '');
  const answers: Record<string, object> = { ...(typeof response === 'object' && response), ...problemAnswers(codes) };
  const statuses = Object.keys(answers);
  const withHeaders = Object.entries(answers).map(([status, answer]) => {
    const own = 'headers' in answer && typeof answer.headers === 'object' ? answer.headers : {};
    return [status, { ...answer, headers: { ...answerHeadersOf(status, route, statuses), ...own } }];
  });
  return named.referring({
    ...rest,
    ...(documentedQuery !== undefined && { querystring: documentedQuery }),
    headers: requestHeadersOf(schema, [route.method].flat().join(), statuses),
    security: securityOf(route, authRequired),
    response: Object.fromEntries(withHeaders),
  });
}

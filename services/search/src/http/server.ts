/** The search service without a port: who may ask, how orders are checked, and how refusals are said. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem, parse, type SearchRefusal } from '@tintype/contracts';
import type { Logger, Registry } from '@tintype/runtime';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { TSchema } from 'typebox';
import { databaseProblem } from '../database/connect.ts';

export type ServerOptions = {
  logger: Logger;
  /** What callers must say; null where everybody who reaches it may ask. */
  token: string | null;
  metrics: Registry;
  /** Null when it can answer, else why not. */
  readiness: () => Promise<string | null>;
};

/** An item's words, or a hundred verdicts. */
const bodyLimit = 1024 * 1024;
const keepAliveTimeoutMs = 72_000;
const openPaths = ['/livez', '/readyz', '/metrics'];

export function createServer({ logger, token, metrics, readiness }: ServerOptions): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const app = fastify({
    loggerInstance,
    bodyLimit,
    keepAliveTimeout: keepAliveTimeoutMs,
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => (value: unknown) => {
    try {
      return { value: parse(schema, value ?? {}, { convert: httpPart !== 'body' }) };
    } catch (err) {
      return { error: err instanceof Error ? err : new Error('the order cannot be checked') };
    }
  });
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRequest', (request, _reply, done) => {
    const path = request.url.split('?')[0] ?? '';
    if (token === null || openPaths.includes(path) || isSame(request.headers.authorization, `Bearer ${token}`)) {
      return done();
    }
    done(new Problem('unauthorized', { detail: 'SEARCH_TOKEN is another one here, or none was sent.' }));
  });
  app.setErrorHandler((err, request, reply) => {
    const problem = problemOf(err);
    if (problem.code === 'internal_error') request.log.error({ err, url: request.url }, 'defect');
    const refusal: SearchRefusal = { code: problem.code, detail: problem.message };
    return reply.code(problem.status).send(refusal);
  });
  app.setNotFoundHandler(() => {
    throw new Problem('not_found', { detail: 'The search service has no such endpoint.' });
  });
  app.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, reply) => {
    const reason = await readiness().catch(() => 'the check failed');
    return reply
      .code(reason === null ? 200 : 503)
      .type('text/plain')
      .send(`${reason ?? 'ok'}\n`);
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  return app;
}

function isSame(given: string | undefined, expected: string): boolean {
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function problemOf(err: unknown): Problem {
  const translated = databaseProblem(err);
  if (translated instanceof Problem) return translated;
  const status = typeof err === 'object' && err !== null && 'statusCode' in err ? Number(err.statusCode) : 500;
  if (status === 413) return new Problem('payload_too_large', { cause: err });
  if (status >= 400 && status < 500) return new Problem('invalid_request', { cause: err });
  return new Problem('internal_error', { detail: 'Something went wrong in the search service.', cause: err });
}

/** The bare server: its limits of time and size, ids of requests, and how requests are checked, answered and logged. */
import { randomUUID } from 'node:crypto';
import { Problem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';

import { hasBody, readEncodedBodies } from './encoded-bodies.ts';
import { isDeeperThan } from './json-depth.ts';
import {
  answerBrokenHttp,
  answerExpectation,
  answerFrameworkError,
  logRefusal,
  refuseConnection,
} from './problem-answers.ts';
import { paceRequests, type RequestPace } from './request-pace.ts';
import { compileValidator } from './request-validation.ts';
import { createProxyCheck } from './trusted-proxies.ts';
import { utf8Text } from './utf8-text.ts';

export type ServerOptions = {
  logger: Logger;
  publicUrl: string;
  trustedProxies: string[];
  /** Longest time for the headers of a request to arrive. */
  headersTimeoutMs: number;
  /** Longest time for a whole request to arrive. */
  requestTimeoutMs: number;
  /** A request that has hardly gone on for so long is not missed where connections are full. */
  requestStallMs: number;
  /** Most requests under way on one connection. */
  connectionRequests: number;
  /** Most connections that are open at once. */
  connections: number;
  /** Most bytes of requests that wait behind others of their connection. */
  waitingBytes: number;
};

/** Largest JSON body; a picture never travels in one. */
const jsonMaxBytes = 64 * 1024;
/** What is read at once, whatever else is done in the turn. */
const shortBodyChars = 2 * 1024;
/** A connection between two requests is kept longer than proxies keep theirs, so that they are the ones to close it. */
const keepAliveTimeoutMs = 72_000;
/** A connection on which nothing moves is closed; longer than any wait for a job (30 s), and than the pause above. */
const idleTimeoutMs = 75_000;
/** How often Node looks for requests that are too slow. */
const slownessCheckMs = 1000;

export function createServer(options: ServerOptions): FastifyInstance {
  const { logger, publicUrl } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  const app = fastify({
    loggerInstance,
    bodyLimit: jsonMaxBytes,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: options.headersTimeoutMs, connectionsCheckingInterval: slownessCheckMs },
    trustProxy: options.trustedProxies,
    requestIdHeader: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    clientErrorHandler: answerBrokenHttp(publicUrl, logger),
    frameworkErrors: answerFrameworkError(publicUrl),
    // What still comes in over a connection that was there is answered as usual; no new one is taken.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  });
  app.server.on('checkExpectation', answerExpectation(publicUrl, logger));
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  app.decorateRequest('isRefusalLogged', false);
  app.decorateRequest('sendsPicture', false);
  // Not for any route: what is sent as plain text is no body of ours.
  app.removeContentTypeParser('text/plain');
  const pace = paceRequests(app.server, {
    connections: options.connections,
    requestsAtOnce: options.connectionRequests,
    waitingBytes: options.waitingBytes,
    stallMs: options.requestStallMs,
    isProxy: createProxyCheck(options.trustedProxies),
    refuse: refuseConnection(publicUrl, logger),
  });
  // Hooks that every request meets are plain functions: a promise for each would cost more than what they do.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // Of a body that is not there, for a route that needs none, it says nothing: some clients send it with everything.
    if (request.routeOptions.schema?.body === undefined && !hasBody(request))
      delete request.raw.headers['content-type'];
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request;
    const status = reply.statusCode;
    if (status >= 400) logRefusal(request, { status });
    request.log.debug({ method, url, status, ms: Math.round(reply.elapsedTime) }, 'answered');
    done();
  });
  readEncodedBodies(app, jsonMaxBytes);
  readJsonInTurn(app, pace);
  return app;
}

/** Nothing that is asked for lies half as deep. */
const deepestJson = 64;
const tooDeep = new Problem('invalid_request', { detail: 'The body is nested too deeply.' });
/** Fastify takes it for a body that is not there. */
const noNull = new Problem('invalid_request', { detail: 'The body must not be null.' });

/** What is JSON, and refused all the same, has one of these. */
const poisoned = new Problem('invalid_request', {
  detail: 'A field of the body is called __proto__, or constructor with a prototype: neither is known.',
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A long body is parsed and checked in one go, which may take milliseconds: many that arrive together take turns. */
function readJsonInTurn(app: FastifyInstance, pace: RequestPace): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const read = (request: FastifyRequest, text: string, done: (err: Error | null, body?: unknown) => void) =>
    void parseJson(request, text, (err, body) => {
      if (err !== null) return done(isJson(text) ? poisoned : err);
      return body === null ? done(noNull) : done(null, body);
    });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    const text = utf8Text(body); // what it throws is answered as what `done` is told
    if (text.length <= shortBodyChars) return read(request, text, done);
    if (isDeeperThan(deepestJson, text)) return done(tooDeep);
    pace.untilRead(request).then(() => read(request, text, done), done);
  });
}

/** A client's own id is taken when it is harmless in logs and headers; else we make one. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}

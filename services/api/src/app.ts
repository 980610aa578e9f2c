/** The HTTP application without a port: every plugin and route in the order in which a request meets them. */
import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import type { ThumbnailQueue } from '@tintype/jobs';
import type { Shard, WithDeadline } from '@tintype/redis';
import type { Logger } from '@tintype/runtime';
import type { BlobStore } from '@tintype/storage';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { colourRoutes } from './colours/colour-routes.ts';
import { compatRoutes } from './compat/compat-routes.ts';
import type { ApiSettings } from './config.ts';
import { healthRoutes } from './health/health-routes.ts';
import { authorisation, identification } from './http/auth/auth.ts';
import type { SignedLinks } from './http/auth/signed-links.ts';
import { browserHeaders } from './http/browser-headers.ts';
import { errorReferenceRoutes } from './http/error-reference.ts';
import type { Idempotency } from './http/idempotency.ts';
import { idempotentRequests } from './http/idempotent-requests.ts';
import { metrics } from './http/metrics.ts';
import { openapi } from './http/openapi.ts';
import { answerBrokenHttp, answerFrameworkError, problemAnswers } from './http/problem-answers.ts';
import { type RatePolicy, rateLimits } from './http/rate-limits.ts';
import { compileValidator } from './http/request-validation.ts';
import { traceContext } from './http/trace-context.ts';
import { keyRoutes } from './keys/key-routes.ts';
import type { FindSettingsKey } from './keys/settings-keys.ts';
import type { StoredKeys } from './keys/stored-keys.ts';
import type { Tokens } from './keys/tokens.ts';
import { paletteRoutes } from './palettes/palette-routes.ts';
import type { Palettes } from './palettes/palettes.ts';
import { sampleRoutes } from './samples/sample-routes.ts';
import { thumbnailActionRoutes } from './thumbnails/action-routes.ts';
import { thumbnailRoutes } from './thumbnails/thumbnail-routes.ts';
import { createThumbnailView } from './thumbnails/thumbnail-view.ts';
import type { Thumbnails } from './thumbnails/thumbnails.ts';

export type AppOptions = {
  settings: ApiSettings;
  logger: Logger;
  version: string;
  thumbnails: Thumbnails;
  palettes: Palettes;
  shard: Shard;
  withDeadline: WithDeadline;
  queue: ThumbnailQueue;
  blobs: BlobStore;
  trustedProxies: string[];
  ratePolicies: RatePolicy[];
  findSettingsKey: FindSettingsKey;
  storedKeys: StoredKeys;
  tokens: Tokens;
  signedLinks: SignedLinks;
  idempotency: Idempotency;
  stopping: AbortSignal;
};

/** Largest JSON body; a picture never travels in one. */
const jsonMaxBytes = 64 * 1024;
/** A connection between two requests is kept for longer than proxies keep theirs, so that they are the ones to close it. */
const keepAliveTimeoutMs = 72_000;
/** A connection on which nothing moves is closed; longer than any wait for a job (30 s), and than the pause above. */
const idleTimeoutMs = 75_000;
/** How often Node looks for requests that are too slow. */
const slownessCheckMs = 1000;

export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { settings, logger, version } = options;
  const publicUrl = settings.PUBLIC_URL;
  const loggerInstance: FastifyBaseLogger = logger;
  const app = fastify({
    loggerInstance,
    bodyLimit: jsonMaxBytes,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: settings.HEADERS_TIMEOUT_MS, connectionsCheckingInterval: slownessCheckMs },
    trustProxy: options.trustedProxies,
    requestIdHeader: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    clientErrorHandler: answerBrokenHttp(publicUrl),
    frameworkErrors: answerFrameworkError(publicUrl),
    routerOptions: { ignoreTrailingSlash: true },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  });
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  // Hooks that every request meets are plain functions: a promise for each would cost more than what they do.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request;
    request.log.debug({ method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered');
    done();
  });

  await app.register(problemAnswers, { publicUrl });
  await app.register(browserHeaders, { publicUrl, corsOrigins: listOf(settings.CORS_ORIGINS) });
  await app.register(traceContext);
  await app.register(identification, { ...options, mode: settings.AUTH });
  await app.register(rateLimits, { policies: options.ratePolicies, redisUrl: settings.REDIS_URL, logger });
  await app.register(authorisation, { ...options, mode: settings.AUTH });
  await app.register(multipart, { throwFileSizeLimit: false });
  await app.register(idempotentRequests, options);
  await app.register(openapi, { publicUrl, version, authRequired: settings.AUTH === 'required' });
  await app.register(errorReferenceRoutes);
  await app.register(metrics, options);
  await app.register(healthRoutes, options);
  const routes = {
    thumbnails: options.thumbnails,
    publicUrl,
    viewThumbnail: createThumbnailView({ ...options, publicUrl, etaMs: options.thumbnails.etaMs }),
    uploadMaxBytes: settings.UPLOAD_MAX_BYTES,
    sharedFiles: settings.AUTH === 'off',
    stopping: options.stopping,
  };
  await app.register(thumbnailRoutes, routes);
  await app.register(thumbnailActionRoutes, routes);
  await app.register(colourRoutes, { ...routes, palettes: options.palettes, compat: settings.COMPAT_ROUTES });
  await app.register(paletteRoutes, { palettes: options.palettes, publicUrl });
  await app.register(keyRoutes, options);
  if (settings.COMPAT_ROUTES) await app.register(compatRoutes, routes);
  if (settings.SAMPLES) await app.register(sampleRoutes);
  return app;
}

/** A setting of several words, comma separated. */
function listOf(setting: string): string[] {
  return setting
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** A client's own id is taken when it is harmless in logs and headers; else we make one. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}

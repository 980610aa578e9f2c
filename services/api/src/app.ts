/** The HTTP application without a port: every plugin and route in the order in which a request meets them. */
import type { FastifyInstance } from 'fastify';
import { batchExamples, exampleBatch } from './batches/batch-examples.ts';
import { type BatchRoutesOptions, batchRoutes } from './batches/batch-routes.ts';
import { type ColourRoutesOptions, colourRoutes } from './colours/colour-routes.ts';
import { matchExamples } from './colours/match-examples.ts';
import { type CompatRoutesOptions, compatRoutes } from './compat/compat-routes.ts';
import { counterRoutes } from './counter/counter-routes.ts';
import { type AnalyticsRoutesOptions, analyticsRoutes } from './feedback/analytics-routes.ts';
import { feedbackExamples } from './feedback/feedback-examples.ts';
import { type FeedbackRoutesOptions, feedbackRoutes } from './feedback/feedback-routes.ts';
import { type HealthOptions, healthRoutes } from './health/health-routes.ts';
import { forms } from './http/accepted-media.ts';
import {
  type AuthorisationOptions,
  authorisation,
  type IdentificationOptions,
  identification,
} from './http/auth/auth.ts';
import { type BrowserHeadersOptions, browserHeaders } from './http/browser-headers.ts';
import { errorReferenceRoutes } from './http/error-reference.ts';
import { type IdempotentRequestsOptions, idempotentRequests } from './http/idempotent-requests.ts';
import { type MetricsOptions, metrics } from './http/metrics.ts';
import { docsPage } from './http/openapi/docs-page.ts';
import { type OpenapiOptions, openapi } from './http/openapi/openapi.ts';
import { problemAnswers } from './http/problem-answers.ts';
import { type RateLimitsOptions, rateLimits } from './http/rate-limits.ts';
import { type RequestsUnderWayOptions, requestsUnderWay } from './http/requests-under-way.ts';
import { createServer, type ServerOptions } from './http/server.ts';
import { type SlowReadersOptions, slowReaders } from './http/slow-readers.ts';
import { traceContext } from './http/trace-context.ts';
import { exampleLinkKey } from './images/image-schemas.ts';
import { type ImagesRoutesOptions, imagesRoutes } from './images/images-routes.ts';
import { exampleKey, type KeyRoutesOptions, keyRoutes } from './keys/key-routes.ts';
import { libraryExamples } from './library/library-examples.ts';
import { type LibraryRoutesOptions, libraryRoutes } from './library/library-routes.ts';
import { type LimitRoutesOptions, limitRoutes } from './limits/limit-routes.ts';
import { type OperatorRoutesOptions, operatorRoutes } from './operator/operator-routes.ts';
import { type PaletteRoutesOptions, paletteRoutes } from './palettes/palette-routes.ts';
import { type QueueRoutesOptions, queueRoutes } from './queue/queue-routes.ts';
import { sampleRoutes } from './samples/sample-routes.ts';
import { type StatsRoutesOptions, statsRoutes } from './stats/stats-routes.ts';
import { exampleThumbnail, thumbnailExamples } from './thumbnails/thumbnail-examples.ts';
import { type ThumbnailRoutesOptions, thumbnailRoutes } from './thumbnails/thumbnail-routes.ts';

/** What every request meets, each part with what it needs. */
export type HttpOptions = {
  server: ServerOptions;
  browserHeaders: BrowserHeadersOptions;
  access: IdentificationOptions & AuthorisationOptions;
  rateLimits: RateLimitsOptions;
  requestsUnderWay: RequestsUnderWayOptions;
  idempotentRequests: IdempotentRequestsOptions;
  slowReaders: SlowReadersOptions;
  openapi: Omit<OpenapiOptions, 'examples'>;
  metrics: MetricsOptions;
};

/** What can be asked for, by noun. */
export type RoutesOptions = {
  health: HealthOptions;
  thumbnails: ThumbnailRoutesOptions;
  batches: BatchRoutesOptions;
  images: ImagesRoutesOptions;
  colours: ColourRoutesOptions;
  palettes: PaletteRoutesOptions;
  library: LibraryRoutesOptions;
  feedback: FeedbackRoutesOptions & AnalyticsRoutesOptions;
  keys: KeyRoutesOptions;
  limits: LimitRoutesOptions;
  queue: QueueRoutesOptions;
  operator: OperatorRoutesOptions;
  stats: StatsRoutesOptions;
  /** Null where the calls of older services are not served. */
  compat: CompatRoutesOptions | null;
  hasSamples: boolean;
};

export async function buildApp(http: HttpOptions, routes: RoutesOptions): Promise<FastifyInstance> {
  const app = createServer(http.server);
  await app.register(problemAnswers, http.server);
  await app.register(browserHeaders, http.browserHeaders);
  await app.register(traceContext);
  await app.register(identification, http.access);
  await app.register(rateLimits, http.rateLimits);
  await app.register(authorisation, http.access);
  await app.register(requestsUnderWay, http.requestsUnderWay);
  await app.register(forms);
  await app.register(idempotentRequests, http.idempotentRequests);
  await app.register(slowReaders, http.slowReaders);
  const { publicUrl } = http.openapi;
  const examples = {
    ...thumbnailExamples(publicUrl),
    ...batchExamples(publicUrl),
    ...matchExamples(publicUrl),
    ...(await libraryExamples(publicUrl)),
    ...feedbackExamples(),
  };
  await app.register(openapi, { ...http.openapi, examples });
  const sampleUrl = routes.hasSamples ? `${publicUrl}/samples/photo.jpg` : null;
  await app.register(docsPage, {
    publicUrl,
    examples: [exampleThumbnail, exampleBatch, exampleKey, exampleLinkKey],
    sampleUrl,
  });
  await app.register(errorReferenceRoutes);
  await app.register(metrics, http.metrics);

  await app.register(healthRoutes, routes.health);
  await app.register(thumbnailRoutes, routes.thumbnails);
  await app.register(batchRoutes, routes.batches);
  await app.register(imagesRoutes, routes.images);
  await app.register(colourRoutes, routes.colours);
  await app.register(paletteRoutes, routes.palettes);
  await app.register(libraryRoutes, routes.library);
  await app.register(feedbackRoutes, routes.feedback);
  await app.register(analyticsRoutes, routes.feedback);
  await app.register(keyRoutes, routes.keys);
  await app.register(counterRoutes);
  await app.register(limitRoutes, routes.limits);
  await app.register(queueRoutes, routes.queue);
  await app.register(operatorRoutes, routes.operator);
  await app.register(statsRoutes, routes.stats);
  if (routes.compat) await app.register(compatRoutes, routes.compat);
  if (routes.hasSamples) await app.register(sampleRoutes);
  return app;
}

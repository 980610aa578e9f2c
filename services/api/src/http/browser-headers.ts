/** What browsers are told: which pages may call, and that nothing in an answer is to be run, framed or guessed at. */
import cors from '@fastify/cors';
import fastifyPlugin from 'fastify-plugin';

export type BrowserHeadersOptions = {
  publicUrl: string;
  /** Origins of pages that may call, `*` for all; empty for none. */
  corsOrigins: string[];
};

/** Headers of ours that a page's script may read. */
const exposedHeaders = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];
const preflightSeconds = 86_400;

/** What `helmet` sets, without what speaks to pages and ancient browsers alone. */
const safeHeaders = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
};
const onlyHttps = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

export const browserHeaders = fastifyPlugin<BrowserHeadersOptions>(async (app, { publicUrl, corsOrigins }) => {
  const headers = publicUrl.startsWith('https:') ? { ...safeHeaders, ...onlyHttps } : safeHeaders;
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers);
    // Pages of others show it, and would not be told of a problem either.
    if (request.routeOptions.config.isImage) reply.header('cross-origin-resource-policy', 'cross-origin');
    done();
  });
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : corsOrigins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders,
    maxAge: preflightSeconds,
  });
});

/** What browsers are told: which pages may call, and that nothing in an answer is to be run, framed or guessed at. */
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
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

export const browserHeaders = fastifyPlugin<BrowserHeadersOptions>(async (app, { publicUrl, corsOrigins }) => {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: publicUrl.startsWith('https:'),
    // Kept for ancient browsers only; they say nothing about an API.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xDnsPrefetchControl: false,
    xXssProtection: false,
    originAgentCluster: false,
  });
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : corsOrigins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders,
    maxAge: preflightSeconds,
  });
});

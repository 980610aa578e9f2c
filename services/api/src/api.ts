/** Puts the API together from its settings: connections, use cases, application. */
import {
  createAttemptReader,
  createBlobReferrers,
  createJobControl,
  createJobReader,
  createThumbnailQueue,
  createThumbnailRemoval,
  createUnreadableJobs,
  followJobEnds,
  startQueueMonitor,
} from '@tintype/jobs';
import { connectProducer, createWithDeadline, disconnect, openShard, openTenantStore } from '@tintype/redis';
import { InvalidSettings, type Logger, type StopStep, usable } from '@tintype/runtime';
import { openBlobStore } from '@tintype/storage';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import type { ApiSettings } from './config.ts';
import { createSignedLinks } from './http/auth/signed-links.ts';
import { createSigningKeys } from './http/auth/signing-keys.ts';
import { createIdempotency } from './http/idempotency.ts';
import { parseRateLimit } from './http/rate-limits.ts';
import { parseTrustedProxies } from './http/trusted-proxies.ts';
import { parseSettingsKeys } from './keys/settings-keys.ts';
import { createStoredKeys } from './keys/stored-keys.ts';
import { createTokens } from './keys/tokens.ts';
import { createPalettes } from './palettes/palettes.ts';
import { createAdmission } from './thumbnails/admission.ts';
import { createThumbnails } from './thumbnails/thumbnails.ts';

export type Api = { app: FastifyInstance; stopSteps: StopStep[] };

/** The caller listens; `stopSteps` undo everything in the right order. */
export async function createApi(settings: ApiSettings, logger: Logger, version: string): Promise<Api> {
  requireSomeKey(settings);
  const trustedProxies = parseTrustedProxies(settings.TRUST_PROXY);
  const ratePolicies = parseRateLimit(settings.RATE_LIMIT);
  const findSettingsKey = parseSettingsKeys(settings.API_KEYS);
  const blobs = usable('STORAGE', () => openBlobStore(settings.STORAGE));
  const redis = connectProducer(settings.REDIS_URL);
  const shard = openShard(redis);
  const store = openTenantStore(redis);
  const withDeadline = createWithDeadline(redis);
  const queue = createThumbnailQueue(shard);
  const endings = followJobEnds(shard);
  const signingKeys = createSigningKeys(settings.SIGNING_KEYS, store, withDeadline);
  const monitor = startQueueMonitor(shard);
  const thumbnails = createThumbnails({
    queue,
    jobs: createJobReader(shard),
    endings,
    admission: createAdmission({ monitor, queueMax: settings.QUEUE_MAX, memoryMax: settings.REDIS_MEMORY_MAX }),
    referrers: createBlobReferrers(shard),
    unreadable: createUnreadableJobs(shard),
    nowMs: shard.nowMs,
    control: createJobControl(shard),
    attempts: createAttemptReader(shard),
    removal: createThumbnailRemoval({
      shard,
      eraseBlob: blobs.erase,
      onError: (err) => logger.warn({ err }, 'a deleted thumbnail is left to the sweep'),
    }),
    withDeadline,
    blobs,
    uploadMaxBytes: settings.UPLOAD_MAX_BYTES,
    resultTtlSeconds: settings.RESULT_TTL_SECONDS,
    fetchUrlOf: sampleUrls(settings),
  });
  const stopping = new AbortController();
  const app = await buildApp({
    settings,
    logger,
    version,
    thumbnails,
    palettes: createPalettes(store, withDeadline),
    shard,
    withDeadline,
    queue,
    blobs,
    trustedProxies,
    ratePolicies,
    findSettingsKey,
    storedKeys: createStoredKeys(store, withDeadline),
    tokens: createTokens({
      signingKeys,
      jwtSecret: settings.JWT_SECRET,
      jwksUrl: settings.JWKS_URL,
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
    }),
    signedLinks: createSignedLinks({
      publicUrl: settings.PUBLIC_URL,
      ttlSeconds: settings.LINK_TTL_SECONDS,
      signingKeys,
      required: settings.AUTH === 'required',
    }),
    idempotency: createIdempotency(store, withDeadline),
    stopping: stopping.signal,
  });
  return {
    app,
    stopSteps: [
      {
        name: 'readiness',
        async stop() {
          stopping.abort();
        },
      },
      { name: 'requests', stop: () => app.close() },
      { name: 'queue monitor', stop: async () => monitor.stop() },
      { name: 'connections', stop: () => Promise.all([endings.close(), disconnect(redis)]) },
    ],
  };
}

/** Closed without a way in would be a riddle to whoever starts it. */
function requireSomeKey({ AUTH, API_KEYS, JWT_SECRET, JWKS_URL }: ApiSettings): void {
  if (AUTH === 'off' || API_KEYS !== '' || JWT_SECRET !== undefined || JWKS_URL !== undefined) return;
  throw new InvalidSettings(
    'AUTH is required, and none of API_KEYS, JWT_SECRET and JWKS_URL is set: nobody could call. Set one, or AUTH=off.',
  );
}

/** The samples under PUBLIC_URL are fetched from INTERNAL_URL: in containers a worker's localhost is not ours. */
function sampleUrls({ PUBLIC_URL, INTERNAL_URL, SAMPLES }: ApiSettings): (url: string) => string {
  const prefix = `${PUBLIC_URL}/samples/`;
  if (!SAMPLES || INTERNAL_URL === undefined) return (url) => url;
  return (url) => (url.startsWith(prefix) ? `${INTERNAL_URL}/samples/${url.slice(prefix.length)}` : url);
}

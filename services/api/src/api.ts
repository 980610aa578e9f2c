/** Puts the API together from its settings: connections, use cases, and what each plugin and noun needs of them. */

import { once } from 'node:events';
import { formatsOf } from '@tintype/contracts';
import {
  createAttemptReader,
  createBatchControl,
  createBlobPins,
  createBlobReferrers,
  createBusyWorkersReader,
  createEndedJobsReader,
  createJobControl,
  createJobListReader,
  createJobReader,
  createLinkPictures,
  createOpenJobsReader,
  createThumbnailRemoval,
  createUnreadableJobs,
  type JobReader,
  type RemovalOptions,
} from '@tintype/jobs';
import { disconnect } from '@tintype/redis';
import { createTurns, type Logger, type Release, type StopStep } from '@tintype/runtime';
import type { FastifyInstance } from 'fastify';
import { type Access, createAccess, requireAccess } from './access.ts';
import { buildApp, type HttpOptions, type RoutesOptions } from './app.ts';
import { createBatchLookUp } from './batches/batch-look-up.ts';
import { createBatches } from './batches/batches.ts';
import { createFileBatch } from './batches/file-batch.ts';
import { type ApiSettings, listOf, shownSettings } from './config.ts';
import { type Connections, connect } from './connections.ts';
import { createIdempotency } from './http/idempotency.ts';
import { parseRateLimit } from './http/rate-policies.ts';
import { parseTrustedProxies } from './http/trusted-proxies.ts';
import { createImages } from './images/images.ts';
import { parseSettingsKeys } from './keys/settings-keys.ts';
import { createItemFiles } from './library/item-files.ts';
import { createItemView } from './library/item-view.ts';
import { keepTelling } from './library/keep-telling.ts';
import { createLimits } from './limits/limits.ts';
import { libraryOf, type OwnLibrary } from './own-library.ts';
import { createPalettes } from './palettes/palettes.ts';
import { type Presets, readPresets } from './presets/presets.ts';
import { createWatermarkKeeper } from './presets/watermark-keeper.ts';
import type { Admission } from './thumbnails/admission.ts';
import { type BlobFiles, createBlobFiles } from './thumbnails/blob-files.ts';
import { type RoomWatch, watchRoom } from './thumbnails/room-watch.ts';
import { createThumbnailText, createThumbnailView } from './thumbnails/thumbnail-view.ts';
import { createThumbnails, type Thumbnails } from './thumbnails/thumbnails.ts';

/** How often connections without a request are looked for while the API stops. */
const idleCheckMs = 50;
/** Of the time of a stop, what requests have; connections to Redis are closed in the rest. */
const patientShare = 0.75;
/** The first requests find Redis connected, unless it is away: then they are told so. */
const firstConnectionMs = 1000;
/** Of records of completed jobs that a process remembers: those of some two thousand usual ones. */
const knownBytes = 2 * 1024 * 1024;

export type Api = { app: FastifyInstance; stopSteps: StopStep[] };

/** The caller listens; `stopSteps` undo everything in the right order. It resolves once Redis is connected, or after a second. */
export async function createApi(settings: ApiSettings, logger: Logger, release: Release): Promise<Api> {
  requireAccess(settings, logger);
  const lists = readLists(settings);
  const connections = connect(settings, logger);
  const room = watchRoom(settings, connections);
  const access = createAccess(settings, lists, { ...connections, ...room }, logger);
  const stopping = new AbortController();
  const library = libraryOf(settings, connections, logger);
  const context = { settings, logger, release, connections, room, lists, access, library, stopping: stopping.signal };
  const app = await buildApp(httpOptions(context), routesOptions(context));
  const { redis, endings, monitor, space } = connections;
  const tellers =
    settings.SEARCH_URL === undefined
      ? []
      : [
          keepTelling(library.ends.tellDue, 'ends of items', logger),
          keepTelling(library.feedback.deliverKept, 'batches of feedback', logger),
        ];
  if (redis.status !== 'ready') {
    await once(redis, 'ready', { signal: AbortSignal.timeout(firstConnectionMs) }).catch(() => undefined);
  }
  if (lists.signingSecrets.length > 1) whenReady(redis, access.linkKeys.sealAnew, logger);
  return {
    app,
    stopSteps: [
      { name: 'readiness', stop: async () => stopping.abort() },
      { name: 'requests', stop: () => closeIdly(app, settings.SHUTDOWN_MS, logger) },
      { name: 'library', stop: () => Promise.all(tellers.map((teller) => teller.stop())) },
      { name: 'monitors', stop: async () => [monitor, space, room.greedy].forEach((one) => void one.stop()) },
      { name: 'connections', stop: () => Promise.all([endings.close(), disconnect(redis)]) },
    ],
  };
}

/** Each time that Redis is there, until the work has been done. */
function whenReady(redis: Connections['redis'], work: () => Promise<void>, logger: Logger): void {
  const again = (err: unknown) => {
    logger.warn({ err }, 'secrets of links could not be sealed anew');
    redis.once('ready', run);
  };
  const run = () => void work().catch(again);
  if (redis.status === 'ready') run();
  else redis.once('ready', run);
}

/**
 * A connection that a client keeps open is closed as soon as its last request is answered; one whose client does not read
 * its answer, shortly before the time of the stop is up.
 */
async function closeIdly(app: FastifyInstance, withinMs: number, logger: Logger): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  const last = setTimeout(() => {
    logger.warn('connections are cut: their clients have not read their answers');
    app.server.closeAllConnections();
  }, withinMs * patientShare);
  await app.close();
  clearInterval(timer);
  clearTimeout(last);
}

/** The settings that are lists. */
function readLists({ TRUST_PROXY, RATE_LIMIT, API_KEYS, SIGNING_KEYS, CORS_ORIGINS }: ApiSettings) {
  return {
    trustedProxies: parseTrustedProxies(listOf(TRUST_PROXY)),
    ratePolicies: parseRateLimit(listOf(RATE_LIMIT)),
    findSettingsKey: parseSettingsKeys(listOf(API_KEYS)),
    signingSecrets: listOf(SIGNING_KEYS),
    corsOrigins: listOf(CORS_ORIGINS),
  };
}
type Lists = ReturnType<typeof readLists>;

type Context = {
  settings: ApiSettings;
  logger: Logger;
  release: Release;
  connections: Connections;
  room: RoomWatch;
  lists: Lists;
  access: Access;
  library: OwnLibrary;
  stopping: AbortSignal;
};

function httpOptions({ settings, logger, release, connections, room, lists, access }: Context): HttpOptions {
  const { PUBLIC_URL: publicUrl, REDIS_URL: redisUrl } = settings;
  const { store, shard, withDeadline, quotas, batchReader } = connections;
  const { memoryShortage } = room;
  const jobs = createJobReader(shard);
  const isLost = async (id: string) =>
    (await jobs.read(id)).kind === 'unknown' && (await batchReader.read(id, 0, 0)).kind === 'unknown';
  return {
    server: {
      logger,
      publicUrl,
      trustedProxies: lists.trustedProxies,
      headersTimeoutMs: settings.HEADERS_TIMEOUT_MS,
      requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
      requestStallMs: settings.REQUEST_STALL_MS,
      connectionRequests: settings.CONNECTION_REQUESTS,
      connections: settings.CONNECTIONS_MAX,
      waitingBytes: settings.WAITING_REQUEST_BYTES,
    },
    browserHeaders: { publicUrl, corsOrigins: lists.corsOrigins },
    access,
    rateLimits: { policies: lists.ratePolicies, redisUrl, timeoutMs: settings.RATE_LIMIT_TIMEOUT_MS, logger },
    requestsUnderWay: { most: settings.CONNECTIONS_MAX },
    idempotentRequests: {
      idempotency: createIdempotency({ store, withDeadline, quotas, memoryShortage, isLost }),
      maxKeptBytes: settings.IDEMPOTENCY_MAX_BYTES,
    },
    slowReaders: { maxBytes: settings.ANSWER_MEMORY_BYTES, stallMs: settings.ANSWER_STALL_MS },
    openapi: { publicUrl, version: release.version, authRequired: access.mode === 'required' },
    metrics: connections,
  };
}

function routesOptions(context: Context): RoutesOptions {
  const { settings, logger, release, connections, room, access, stopping } = context;
  const { PUBLIC_URL: publicUrl, UPLOAD_MAX_BYTES: uploadMaxBytes } = settings;
  const { admission, memoryShortage } = room;
  const { etaMs } = admission;
  const turns = createTurns();
  const presets = readPresets(settings.PRESETS_FILE, settings.ONLY_PRESETS);
  const preparation = preparationOf(context, admission, presets);
  const blobFiles = createBlobFiles(connections.blobs);
  const jobs = createJobReader(connections.shard, { knownBytes });
  const view = { publicUrl, signedLinks: access.signedLinks, etaMs };
  const shared = {
    thumbnails: thumbnailsOf(settings, logger, { ...connections, jobs, blobFiles }, preparation),
    viewThumbnail: createThumbnailView(view),
    textOfThumbnail: createThumbnailText(view, jobs.keeps),
    publicUrl,
    uploadMaxBytes,
    sharedFiles: access.mode === 'off',
    stopping,
    turns,
    presets,
  };
  const batches = { ...shared, batches: batchesOf(logger, connections, preparation) };
  const palettes = createPalettes({ ...connections, turns, memoryShortage });
  return {
    health: { ...connections, release, stopping },
    thumbnails: {
      ...shared,
      formMaxBytes: Math.max(settings.BATCH_UPLOAD_MAX_BYTES, uploadMaxBytes),
      handInSeveral: createFileBatch(batches),
    },
    batches,
    images: { ...shared, ...access, ...imagesOf(settings, connections, shared.thumbnails) },
    colours: { ...shared, palettes, compat: settings.COMPAT_ROUTES },
    palettes: { palettes, publicUrl, turns },
    library: {
      ...shared,
      library: context.library.use,
      view: createItemView({ publicUrl, signedLinks: access.signedLinks }),
      itemFile: createItemFiles(blobFiles),
      publicTenant: settings.LIBRARY_PUBLIC_TENANT ?? null,
    },
    feedback: {
      feedback: context.library.feedback,
      search: context.library.search,
      signingKeys: access.signingKeys,
      publicTenant: settings.LIBRARY_PUBLIC_TENANT ?? null,
    },
    keys: access,
    limits: { limits: limitsOf(context) },
    queue: connections,
    operator: operatorOf(context),
    stats: statsOf(connections),
    compat: settings.COMPAT_ROUTES ? shared : null,
    hasSamples: settings.SAMPLES,
  };
}

/** What `GET /v1/workers` and `GET /v1/settings` tell. */
function operatorOf({ settings, release, connections: { shard, withDeadline } }: Context) {
  const { version, commit } = release;
  const readBusyWorkers = createBusyWorkersReader(shard);
  return { readBusyWorkers, withDeadline, settings: { version, commit, settings: shownSettings(settings) } };
}

/** What `GET /v1/stats` tells. */
function statsOf({ shard, withDeadline }: Connections) {
  return { readOpenJobs: createOpenJobsReader(shard), readEndedJobs: createEndedJobsReader(shard), withDeadline };
}

/** The pictures of links. */
function imagesOf(settings: ApiSettings, { shard, withDeadline }: Connections, thumbnails: Thumbnails) {
  const { nowMs } = shard;
  const lives = { freshMs: 1000 * settings.IMAGE_TTL_SECONDS, resultMs: 1000 * settings.RESULT_TTL_SECONDS };
  const images = createImages({ pictures: createLinkPictures(shard), thumbnails, withDeadline, nowMs, lives });
  return { images, fileOf: thumbnails.fileOf, waitMs: settings.IMAGE_WAIT_MS, nowMs };
}

/** What `GET /v1/limits` tells. */
function limitsOf({ settings, lists, connections }: Context) {
  return createLimits({ settings, ratePolicies: lists.ratePolicies, ...connections });
}

function thumbnailsOf(
  settings: ApiSettings,
  logger: Logger,
  connections: Connections & { jobs: JobReader; blobFiles: BlobFiles },
  preparation: Preparation,
) {
  const { shard, jobs, queue, endings, readUsage, batchReader, withDeadline, blobFiles } = connections;
  const { requireBatch } = createBatchLookUp({ batchReader, endings, withDeadline, nowMs: shard.nowMs });
  return createThumbnails({
    blobFiles,
    ...preparation,
    readUsage,
    queue,
    endings,
    formats: formatsOf(settings.FORMATS),
    jobs,
    readList: createJobListReader(shard),
    requireBatch,
    unreadable: createUnreadableJobs(shard),
    control: createJobControl(shard),
    attempts: createAttemptReader(shard),
    removal: createThumbnailRemoval(removalOf(logger, connections)),
    uploadMaxBytes: settings.UPLOAD_MAX_BYTES,
    onQueued: (jobId, { requestId, traceparent }) => logger.info({ requestId, jobId, traceparent }, 'queued'),
  });
}

function batchesOf(logger: Logger, connections: Connections, preparation: Preparation) {
  const { endings, batchQueue, batchReader } = connections;
  return createBatches({
    ...preparation,
    endings,
    batchQueue,
    batchReader,
    batchControl: createBatchControl(removalOf(logger, connections)),
    onBatchQueued: (batchId, jobs, { requestId, traceparent }) =>
      logger.info({ requestId, batchId, jobs, traceparent }, 'batch queued'),
  });
}

/** What pictures are prepared with, one or many. */
function preparationOf(
  { settings, connections, library }: Context,
  admission: Admission,
  { watermarks: files }: Presets,
) {
  const { shard, blobs, withDeadline, quotas } = connections;
  const { nowMs } = shard;
  return {
    quotas,
    withDeadline,
    blobs,
    admission,
    nowMs,
    watermarks: createWatermarkKeeper({ files, pins: createBlobPins(shard), blobs, withDeadline, nowMs }),
    referrers: createBlobReferrers(shard),
    resultTtlSeconds: settings.RESULT_TTL_SECONDS,
    fetchUrlOf: sampleUrls(settings),
    hidesNames: settings.AUTH === 'required',
    reserveItem: library.use.reserve,
    forgetItem: library.use.forget,
  };
}
type Preparation = ReturnType<typeof preparationOf>;

function removalOf(logger: Logger, { shard, blobs }: Connections): RemovalOptions {
  return {
    shard,
    eraseBlob: blobs.erase,
    onError: (err) => logger.warn({ err }, 'a deleted thumbnail is left to the sweep'),
  };
}

/** The samples under PUBLIC_URL are fetched from INTERNAL_URL: in containers a worker's localhost is not ours. */
function sampleUrls({ PUBLIC_URL, INTERNAL_URL, SAMPLES }: ApiSettings): (url: string) => string {
  const prefix = `${PUBLIC_URL}/samples/`;
  if (!SAMPLES || INTERNAL_URL === undefined) return (url) => url;
  return (url) => (url.startsWith(prefix) ? `${INTERNAL_URL}/samples/${url.slice(prefix.length)}` : url);
}

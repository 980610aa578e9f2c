/** Puts a worker together from its settings: connections, slots, processor, sweep, health. */
import { randomBytes } from 'node:crypto';
import { formatsOf, type Problem } from '@tintype/contracts';
import {
  createBlobReferrers,
  createFinishedWork,
  createJobTotalsWriter,
  createRememberedSources,
  createRetrying,
  createThumbnailWorker,
  EndNotWritten,
  type JobTotalsWriter,
  startSweep,
  startWatchdog,
  type ThumbnailWorker,
  type Watchdog,
  type WorkerEvents,
} from '@tintype/jobs';
import { warmUpPicture } from '@tintype/picture';
import {
  connectWorker,
  disconnect,
  findServerWeaknesses,
  isRedisFailure,
  openShard,
  type RedisConnection,
  type RedisTrouble,
  type Shard,
} from '@tintype/redis';
import { createMetrics, type Logger, oncePerSecond, type StopStep, startHealthServer, usable } from '@tintype/runtime';
import { createSafeFetch, parseAllowList, parseSourceHeaders } from '@tintype/safe-fetch';
import { type BlobStore, isStorageFailure, openBlobStore } from '@tintype/storage';
import { readDecoderEnvironment, type WorkerSettings } from './config.ts';
import { createFetchSlots } from './fetch-slots.ts';
import { type ChildPlaceOptions, createChildPlace } from './picture/child-place.ts';
import { createChildCodeCache, ownDataBytes } from './picture/child-process.ts';
import { gapsOf, probeConfinement } from './picture/confinement.ts';
import { createPictureRunner, type PictureSettings } from './picture/picture-runner.ts';
import { createThreadPlace } from './picture/thread-place.ts';
import { createProcessor } from './processor.ts';
import { startReconciling } from './reconcile.ts';
import { createSemaphore, type Room } from './semaphore.ts';
import { createSourceMemory } from './source-memory.ts';
import { createWatermarkReader } from './steps/watermarks.ts';

export type RunningWorker = { name: string; healthPort: number; stopSteps: StopStep[] };

/** A Redis that is not there for so long is logged. */
const slowRedisMs = 2000;
/** Slow downloads that may go on beside each quick one: connections on which nothing comes. */
const slowPerFetch = 3;
/** The part of SHUTDOWN_MS in which active jobs may end; after that they are given back to the queue. */
const shareOfStopForJobs = 0.5;
/** How often leftovers are looked for, and how old they are at least; no upload takes that long. */
const tidyIntervalMs = 3_600_000;
const reservedPartOfDecodes = 8;

/** Starts taking jobs once everything is warm. */
export async function startWorker(
  settings: WorkerSettings,
  logger: Logger,
  version: string,
  /** Called when the worker is stuck: the process is to end. */
  onStuck: () => void,
): Promise<RunningWorker> {
  const blobs = usable('STORAGE', () => openBlobStore(settings.STORAGE));
  const safeFetch = openSafeFetch(settings, version);
  const redis = await connectDurably(settings, logger);
  const shard = openShard(redis);
  const places = await startPlaces(settings, logger);
  // It is in the answers of `/timeline`: random, so that it tells nothing about the machine.
  const name = `worker-${randomBytes(4).toString('hex')}`;
  const totals = createJobTotalsWriter(shard);
  let watchdog: Watchdog | null = null;
  const keepAlive = () => watchdog?.heartbeat();
  const trouble = createTroubleLog(logger, keepAlive);
  const worker: ThumbnailWorker = createThumbnailWorker({
    shard,
    name,
    version,
    concurrency: settings.FETCH_CONCURRENCY + settings.WORKER_CONCURRENCY,
    isConfined: places.areChildrenConfined,
    process: createProcessor({
      safeFetch,
      blobs,
      fetchSlots: createFetchSlots({ ...fetchLimitsOf(settings), onSlow: (count) => worker.extendBy(count) }),
      sourceMemory: createSourceMemory(settings.SOURCE_MEMORY_BYTES),
      makePicture: places.makePicture,
      ...recallParts(shard, logger),
      trustsSources: settings.SOURCE_CACHE,
      ...patientParts(blobs, trouble('trouble with Redis or the storage is waited out')),
    }),
    events: { ...workerEvents(logger, totals, keepAlive), error: queueTrouble(trouble) },
  });
  const tidying = startTidying(shard, blobs, logger);
  const reconciling = startReconciling(shard, blobs, name, logger);
  await tidy(blobs, logger);
  let ready = true;
  const health = await startHealth(settings, () =>
    !ready ? 'stopping' : redis.status === 'ready' ? null : 'Redis is away',
  );
  worker.start();
  if (settings.WATCHDOG_MS > 0) watchdog = startWatchdog({ shard, limitMs: settings.WATCHDOG_MS, onStuck });
  const stopBeingReady = async () => {
    ready = false;
    watchdog?.stop();
  };
  const stopSteps = [
    { name: 'readiness', stop: stopBeingReady },
    { name: 'active jobs', stop: () => worker.close(settings.SHUTDOWN_MS * shareOfStopForJobs) },
    { name: 'decodes', stop: places.stop },
    { name: 'sweep', stop: tidying.stop },
    { name: 'reconciliation', stop: reconciling.stop },
    { name: 'totals', stop: totals.stop },
    { name: 'connections', stop: () => Promise.all([safeFetch.close(), disconnect(redis), health.close()]) },
  ];
  return { name, healthPort: health.port, stopSteps };
}

/** Waits for Redis, and looks whether it keeps what it is given. */
async function connectDurably(settings: WorkerSettings, logger: Logger): Promise<RedisConnection> {
  const onTrouble = oncePerSecond((err: RedisTrouble) => logger.warn({ err }, err.message));
  const redis = connectWorker(settings.REDIS_URL, { onTrouble });
  const waiting = setTimeout(() => logger.warn('waiting for Redis'), slowRedisMs);
  await requireDurableRedis(redis, settings, logger);
  clearTimeout(waiting);
  return redis;
}

/** `reasonNotReady` is null while the worker can work. */
function startHealth({ HEALTH_HOST: host, HEALTH_PORT: port }: WorkerSettings, reasonNotReady: () => string | null) {
  return startHealthServer({ host, port, metrics: createMetrics(), readiness: async () => reasonNotReady() });
}

/** Where pictures are made, warm unless that is not wanted. */
async function startPlaces(settings: WorkerSettings, logger: Logger) {
  const pictureSettings = pictureSettingsOf(settings);
  if (settings.WARM_UP) await warmUpPicture();
  const confinement = await probeConfinement();
  const gaps = gapsOf(confinement);
  if (gaps !== null) logger.warn(gaps);
  const codeCache = createChildCodeCache();
  const children = createChildPlace({ ...pictureSettings, ...childLimitsOf(settings), confinement, codeCache });
  const threads = createThreadPlace({
    count: settings.JPEG_THREADS,
    timeoutMs: settings.DECODE_TIMEOUT_MS,
    onDeath: (err) => logger.error({ err }, 'a thread died and is started anew'),
  });
  if (settings.WARM_UP) await threads.warmUp();
  const makePicture = createPictureRunner({
    ...pictureSettings,
    concurrency: settings.WORKER_CONCURRENCY,
    longPictures: settings.LONG_PICTURES,
    longPictureMs: settings.LONG_PICTURE_MS,
    memory: createSemaphore(decodeRoomOf(settings)),
    threads,
    children,
  });
  return {
    makePicture,
    areChildrenConfined: gaps === null,
    stop: () => Promise.all([children.stop(), threads.stop(), codeCache.remove()]),
  };
}

/** A part is kept for tenants of which nothing is decoded while others use all the rest. */
function decodeRoomOf({ DECODE_MEMORY_BYTES }: WorkerSettings): Room {
  const reserve = DECODE_MEMORY_BYTES / reservedPartOfDecodes;
  return { capacity: DECODE_MEMORY_BYTES - reserve, reserve };
}

function fetchLimitsOf({ FETCH_CONCURRENCY, FETCH_PER_HOST }: WorkerSettings) {
  return {
    fetches: FETCH_CONCURRENCY,
    perHost: FETCH_PER_HOST,
    slow: slowPerFetch * FETCH_CONCURRENCY,
  };
}

/** What tells of earlier work. */
function recallParts(shard: Shard, logger: Logger) {
  const onUnreadable = oncePerSecond((err: unknown) =>
    logger.error({ err }, 'an earlier result cannot be read and is made anew'),
  );
  return {
    finishedWork: createFinishedWork(shard, onUnreadable),
    sources: createRememberedSources(shard),
    referrers: createBlobReferrers(shard),
    onUnreadable,
  };
}

/** What waits out the faults of Redis and of the storage. */
function patientParts(blobs: BlobStore, onTrouble: (err: unknown) => void) {
  const retrying = createRetrying({ isTransient: (err) => isRedisFailure(err) || isStorageFailure(err), onTrouble });
  return { retrying, readWatermarks: createWatermarkReader({ blobs, retrying }) };
}

/** A line a second: an outage is told, not counted. While it lasts, the worker is not stuck. */
function createTroubleLog(logger: Logger, keepAlive: () => void) {
  return (message: string) => {
    const log = oncePerSecond((err: unknown) => logger.warn({ err }, message));
    return (err: unknown) => {
      keepAlive();
      log(err);
    };
  };
}

/** Ends of jobs have lines of their own, which name one: others would take up the second. */
function queueTrouble(trouble: ReturnType<typeof createTroubleLog>) {
  const [ofQueue, ofEnds] = [trouble('trouble with the queue'), trouble('trouble with the end of a job')];
  return (err: unknown) => (err instanceof EndNotWritten ? ofEnds : ofQueue)(err);
}

/** What has expired, and what was left over. */
function startTidying(shard: Shard, blobs: BlobStore, logger: Logger) {
  const sweep = startSweep({
    shard,
    eraseBlob: blobs.erase,
    onError: (err) => logger.warn({ err }, 'the sweep failed and will be tried again'),
  });
  const timer = setInterval(() => void tidy(blobs, logger), tidyIntervalMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return sweep.stop();
    },
  };
}

/** Uploads that were broken off with the process that received them. */
async function tidy(blobs: BlobStore, logger: Logger): Promise<void> {
  await blobs
    .tidy(tidyIntervalMs)
    .catch((err) => logger.warn({ err }, 'leftovers in the storage could not be removed'));
}

function pictureSettingsOf(settings: WorkerSettings): PictureSettings {
  return {
    limits: {
      maxMegapixels: settings.MAX_MEGAPIXELS,
      formats: formatsOf(settings.FORMATS),
      maxMegapixelsUnstreamed: settings.MAX_MEGAPIXELS_UNSTREAMED,
      maxDecodeBytes: settings.DECODE_MEMORY_BYTES,
      timeoutMs: settings.DECODE_TIMEOUT_MS,
    },
    reducesJpegs: settings.JPEG_THREADS !== 0,
  };
}

/** The kernel counts what Node takes for itself too, which is as much as this process has now. */
function childLimitsOf(settings: WorkerSettings): Pick<ChildPlaceOptions, 'dataBytes' | 'env'> {
  const ownBytes = ownDataBytes();
  return {
    dataBytes: ownBytes === null ? null : ownBytes + settings.DECODE_MEMORY_BYTES,
    env: readDecoderEnvironment(),
  };
}

function openSafeFetch(settings: WorkerSettings, version: string) {
  return createSafeFetch({
    allow: usable('FETCH_ALLOW', () => parseAllowList(settings.FETCH_ALLOW)),
    ports: settings.FETCH_PORTS.split(',').map(Number),
    maxBytes: settings.FETCH_MAX_BYTES,
    timeoutMs: settings.FETCH_TIMEOUT_MS,
    userAgent: settings.FETCH_USER_AGENT ?? `Tintype/${version}`,
    headers: usable('FETCH_HEADERS', () => parseSourceHeaders(settings.FETCH_HEADERS)),
  });
}

async function requireDurableRedis(redis: RedisConnection, { STRICT }: WorkerSettings, logger: Logger): Promise<void> {
  for (const weakness of await findServerWeaknesses(redis)) {
    if (STRICT) throw new Error(`STRICT is set and ${weakness}`);
    logger.warn(weakness);
  }
}

/** A failure that is the picture's or the source's fault is routine; one that is ours is logged whole. */
function workerEvents(logger: Logger, totals: JobTotalsWriter, keepAlive: () => void): Omit<WorkerEvents, 'error'> {
  return {
    claimed: keepAlive,
    completed(job, result) {
      keepAlive();
      totals.completed(result.timingsMs, result.cache);
      const { requestId, traceparent } = job.data;
      logger.debug({ jobId: job.id, requestId, traceparent, timingsMs: result.timingsMs }, 'completed');
    },
    failed(job, problem: Problem, willRetry) {
      keepAlive();
      if (!willRetry && problem.code !== 'cancelled') totals.failed(problem.code);
      const isOurs = problem.code === 'internal_error' || problem.code === 'unreadable_watermark';
      const level = isOurs ? 'error' : 'info';
      logger[level]({ jobId: job.id, code: problem.code, willRetry, err: problem }, 'failed');
    },
    recovered: (jobIds) => logger.warn({ jobIds }, 'jobs of a worker that has died are back in the queue'),
  };
}

/** Puts the API together from its settings: connections, use cases, application. */
import {
  createAttemptReader,
  createBlobReferrers,
  createJobControl,
  createJobReader,
  createThumbnailQueue,
  createThumbnailRemoval,
  followJobEndings,
  startQueueMonitor,
} from '@tintype/jobs';
import { connectProducer, createCircuit, disconnect } from '@tintype/redis';
import { InvalidSettings, type Logger, type StopStep, usable } from '@tintype/runtime';
import { openBlobStore } from '@tintype/storage';
import type { FastifyInstance } from 'fastify';
import { createAdmission } from './admission.ts';
import { buildApp } from './app.ts';
import type { ApiSettings } from './config.ts';
import { createPalettes } from './palettes.ts';
import { createThumbnails } from './thumbnails.ts';

export type Api = { app: FastifyInstance; stopSteps: StopStep[] };

/** The caller listens; `stopSteps` undo everything in the right order. */
export async function createApi(settings: ApiSettings, logger: Logger, version: string): Promise<Api> {
  if (settings.AUTH === 'required' && settings.API_KEYS === '') {
    throw new InvalidSettings('AUTH is required and API_KEYS is empty: nobody could call. Set API_KEYS, or AUTH=off.');
  }
  const blobs = usable(() => openBlobStore(settings.STORAGE));
  const redis = connectProducer(settings.REDIS_URL);
  const circuit = createCircuit(redis);
  const queue = createThumbnailQueue(redis);
  const endings = followJobEndings(settings.REDIS_URL);
  const monitor = startQueueMonitor(redis);
  const thumbnails = createThumbnails({
    queue,
    jobs: createJobReader(redis),
    endings,
    admission: createAdmission({ monitor, queueMax: settings.QUEUE_MAX, memoryMax: settings.REDIS_MEMORY_MAX }),
    referrers: createBlobReferrers(redis),
    control: createJobControl(redis),
    attempts: createAttemptReader(redis),
    removal: createThumbnailRemoval({
      redis,
      eraseBlob: blobs.erase,
      onError: (err) => logger.warn({ err }, 'a deleted thumbnail is left to the sweep'),
    }),
    circuit,
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
    palettes: createPalettes(redis, circuit),
    redis,
    circuit,
    queue,
    blobs,
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
      { name: 'connections', stop: () => Promise.all([queue.close(), endings.close(), disconnect(redis)]) },
    ],
  };
}

/** The samples under PUBLIC_URL are fetched from INTERNAL_URL: in containers a worker's localhost is not ours. */
function sampleUrls({ PUBLIC_URL, INTERNAL_URL, SAMPLES }: ApiSettings): (url: string) => string {
  const prefix = `${PUBLIC_URL}/samples/`;
  if (!SAMPLES || INTERNAL_URL === undefined) return (url) => url;
  return (url) => (url.startsWith(prefix) ? `${INTERNAL_URL}/samples/${url.slice(prefix.length)}` : url);
}

/** What the API is connected to: the storage, Redis, and what is known of both. */
import {
  createBatchQueue,
  createBatchReader,
  createQueuePauses,
  createThumbnailQueue,
  createUsageReader,
  followJobEnds,
  startQueueMonitor,
} from '@tintype/jobs';
import { connectProducer, createWithDeadline, openShard, openTenantStore, type RedisTrouble } from '@tintype/redis';
import { type Logger, oncePerSecond, usable } from '@tintype/runtime';
import { openBlobStore, startSpaceMonitor } from '@tintype/storage';
import type { ApiSettings } from './config.ts';
import { createQuotas } from './limits/quotas.ts';

export function connect(settings: ApiSettings, logger: Logger) {
  const blobs = usable('STORAGE', () => openBlobStore(settings.STORAGE));
  const onTrouble = oncePerSecond((err: RedisTrouble) => logger.warn({ err }, err.message));
  const redis = connectProducer(settings.REDIS_URL, { onTrouble });
  const shard = openShard(redis);
  const monitor = startQueueMonitor(shard);
  const space = startSpaceMonitor(blobs);
  const quotas = createQuotas(settings, monitor, space);
  return {
    blobs,
    redis,
    shard,
    store: openTenantStore(redis),
    withDeadline: createWithDeadline(redis),
    queue: createThumbnailQueue(shard, { keepsUploads: settings.KEEP_UPLOADS, quotas }),
    batchQueue: createBatchQueue(shard, { keepsUploads: settings.KEEP_UPLOADS, quotas }),
    batchReader: createBatchReader(shard),
    pauses: createQueuePauses(shard),
    endings: followJobEnds(shard),
    readUsage: createUsageReader(shard),
    monitor,
    space,
    quotas,
  };
}
export type Connections = ReturnType<typeof connect>;

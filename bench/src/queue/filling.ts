/** Fills the queue past the API, with jobs like one that the API has made. */
import { newThumbnailId, type ThumbnailJobData } from '@tintype/contracts';
import { createJobReader, createThumbnailQueue, type JobRecord } from '@tintype/jobs';
import { connectWorker, disconnect, openShard } from '@tintype/redis';

export type Filling = {
  /** The data of a job that exists. */
  dataOf(id: string): Promise<ThumbnailJobData>;
  /** How long it was active; null unless it is done. */
  activeMs(id: string): Promise<number | null>;
  /** Adds a job for each, in this order; answers their ids. */
  add(jobs: readonly ThumbnailJobData[], onProgress?: (done: number) => void): Promise<string[]>;
  close(): Promise<void>;
};

/** Jobs on their way to Redis at once; they arrive in order, over one connection. */
const atOnce = 500;

export function openFilling(redisUrl: string): Filling {
  const redis = connectWorker(redisUrl);
  const shard = openShard(redis);
  const queue = createThumbnailQueue(shard);
  const reader = createJobReader(shard);
  const recordOf = async (id: string): Promise<JobRecord> => {
    const found = await reader.read(id);
    if (found.kind !== 'record') throw new Error(`${id} is ${found.kind}`);
    return found.record;
  };
  return {
    dataOf: async (id) => (await recordOf(id)).data,
    async activeMs(id) {
      const { startedAtMs, finishedAtMs } = await recordOf(id);
      return startedAtMs === null || finishedAtMs === null ? null : finishedAtMs - startedAtMs;
    },
    async add(jobs, onProgress) {
      const ids: string[] = [];
      for (let at = 0; at < jobs.length; at += atOnce) {
        const batch = jobs.slice(at, at + atOnce).map((data) => ({ id: newThumbnailId(), data }));
        await Promise.all(batch.map(({ id, data }) => queue.add(id, data)));
        ids.push(...batch.map(({ id }) => id));
        onProgress?.(ids.length);
      }
      return ids;
    },
    close: () => disconnect(redis),
  };
}

/** Ended jobs of a tenant, as many as are wanted: their results are those of pictures that a worker has really made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import { createJobReader, createThumbnailWorker } from '@tintype/jobs';
import { connectWorker, disconnect, keysOf, openShard } from '@tintype/redis';
import { openFilling } from './filling.ts';

export type KeptJobs = {
  /** Adds and ends jobs until so many are kept; the first are those that were made before. */
  keep(count: number): Promise<void>;
  close(): Promise<void>;
};

/** One of so many fails at once, with this code. */
const failing = { oneOf: 20, code: 'source_status' } as const;
const atOnce = 40;
const lookIntervalMs = 50;

/** `made`: ids of completed jobs, whose data and results the others take in turn. No other worker may be there. */
export async function openKeptJobs(redisUrl: string, made: readonly string[]): Promise<KeptJobs> {
  const redis = connectWorker(redisUrl);
  const shard = openShard(redis);
  const filling = openFilling(redisUrl);
  const patterns = await readPatterns(createJobReader(shard), made);
  const keys = keysOf(0);
  let kept = made.length;
  const ended = async () => (await redis.zcard(keys.completed)) + (await redis.zcard(keys.failed));
  return {
    async keep(count) {
      const worker = startRepeating(shard, patterns);
      const jobs = Array.from({ length: count - kept }, (_, at) => patterns[at % patterns.length]?.data);
      await filling.add(jobs.filter((data) => data !== undefined));
      while ((await ended()) < count) await sleep(lookIntervalMs);
      kept = count;
      await worker.close(1000);
    },
    async close() {
      await filling.close();
      await disconnect(redis);
    },
  };
}

type Pattern = { data: ThumbnailJobData; result: ThumbnailJobResult };

async function readPatterns(reader: ReturnType<typeof createJobReader>, ids: readonly string[]): Promise<Pattern[]> {
  const found = await Promise.all(ids.map((id) => reader.read(id)));
  return found.map((one) => {
    if (one.kind !== 'record' || one.record.result === null) throw new Error('a picture was not made');
    return { data: one.record.data, result: one.record.result };
  });
}

function startRepeating(shard: ReturnType<typeof openShard>, patterns: readonly Pattern[]) {
  let serial = 0;
  const worker = createThumbnailWorker({
    shard,
    version: 'bench',
    name: 'worker-of-lists',
    concurrency: atOnce,
    async process() {
      serial += 1;
      const pattern = patterns[serial % patterns.length];
      if (serial % failing.oneOf === 0 || !pattern) throw new Problem(failing.code, { retryable: false });
      return pattern.result;
    },
    events: {
      ...{ completed() {}, failed() {}, claimed() {}, recovered() {} },
      error: (err) => console.error(err),
    },
  });
  worker.start();
  return worker;
}

/** The moment for a fault: jobs wait in the queue, sources are being downloaded, and pictures are being decoded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { thumbnailQueueName } from '@tintype/contracts';
import { type RedisConnection, shardPrefix } from '@tintype/redis';
import type { Origin } from '@tintype/testkit';

/** What was under way when the fault was brought about. */
export type Moment = {
  waiting: number;
  downloading: number;
  /** Ids of the jobs that workers hold. */
  active: readonly string[];
};

const leastWaiting = 8;
const pollMs = 5;
const longestWaitMs = 40_000;

/** Resolves at the first such moment. Throws when there is none in 40 s: the load is not what it should be. */
export async function untilInTheMiddle(redis: RedisConnection, origin: Origin): Promise<Moment> {
  const deadline = Date.now() + longestWaitMs;
  const queue = `${shardPrefix(0)}:${thumbnailQueueName}`;
  while (Date.now() < deadline) {
    const [waiting, active] = await Promise.all([
      redis.zcard(`${queue}:prioritized`),
      redis.lrange(`${queue}:active`, 0, -1),
    ]);
    const downloading = origin.sending();
    const decoding = active.length - downloading;
    if (waiting >= leastWaiting && downloading > 0 && decoding > 0) {
      return { waiting, downloading, active };
    }
    await sleep(pollMs);
  }
  throw new Error('the load never had jobs waiting, downloading and being decoded at once');
}

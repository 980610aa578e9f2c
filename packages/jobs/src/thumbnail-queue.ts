/** The producer's side: puts thumbnail jobs into the queue. */
import { type ThumbnailJobData, thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection, shardPrefix } from '@tintype/redis';
import { Queue } from 'bullmq';
import { flowOf, type JobUrgency, laneOf, placeLua, scoreLua } from './fair-order.ts';
import { jobOptions } from './job-failures.ts';
import { writeJobData } from './record/stored-job.ts';

export type ThumbnailQueue = {
  /** Resolves when the job is in Redis, in the index of expiry too. Adding an id again changes nothing, and answers false. */
  add(id: string, data: ThumbnailJobData, urgency?: JobUrgency): Promise<boolean>;
  /** Jobs that wait, for a worker or for their next attempt, and jobs that are worked on. */
  depth(): Promise<QueueDepth>;
  /** Worker processes that are connected now. */
  workers(): Promise<number>;
  close(): Promise<void>;
};

export type QueueDepth = { waiting: number; delayed: number; active: number };

const jobOptionsText = JSON.stringify(jobOptions);

/**
 * KEYS: job hash, prioritised, marker, expiry, fair order. ARGV: id, data, options, now, time of expiry, flow, code and
 * cost of its lane. What BullMQ's own script for prioritised jobs writes, without the events that nobody reads, with
 * the place worked out and the expiry indexed in the same round trip.
 */
const addLua = `${placeLua}${scoreLua}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
local place = placeOf(KEYS[2], KEYS[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]))
redis.call('HSET', KEYS[1], 'name', 'thumbnail', 'data', ARGV[2], 'opts', ARGV[3], 'timestamp', ARGV[4], 'delay', 0,
  'priority', string.format('%.0f', place))
redis.call('ZADD', KEYS[2], scoreOf(place), ARGV[1])
redis.call('ZADD', KEYS[3], 0, '0')
return 1`;

/** The queue of one shard. Never removes a finished job by itself: that is the sweep's work. */
export function createThumbnailQueue(redis: RedisConnection, shard = 0): ThumbnailQueue {
  const keys = keysOf(shard);
  const name = thumbnailQueueName;
  const runAdd = defineScript(redis, { name: 'tintypeAdd', lua: addLua, numberOfKeys: 5 });
  const { get, close } = onDemand(() => openQueue(redis, shard));
  return {
    async add(id, data, urgency = 'single') {
      const lane = laneOf(data.priority, urgency);
      const added = await runAdd(
        keys.job(name, id),
        keys.prioritized(name),
        keys.marker(name),
        keys.expiry,
        keys.fair,
        id,
        writeJobData(data),
        jobOptionsText,
        Date.now(),
        data.expiresAtMs,
        flowOf(data.tenant, lane),
        lane.code,
        lane.cost,
      );
      return added === 1;
    },
    async depth() {
      const [prioritized, abandoned, delayed, active] = await Promise.all([
        redis.zcard(keys.prioritized(name)),
        redis.llen(keys.wait(name)),
        redis.zcard(keys.delayed(name)),
        redis.llen(keys.active(name)),
      ]);
      return { waiting: prioritized + abandoned, delayed, active };
    },
    workers: async () => (await get()).getWorkersCount(),
    close,
  };
}

async function openQueue(redis: RedisConnection, shard: number): Promise<Queue<ThumbnailJobData>> {
  const prefix = shardPrefix(shard);
  const queue = new Queue<ThumbnailJobData>(thumbnailQueueName, { connection: redis, prefix, skipMetasUpdate: true });
  queue.on('error', () => undefined); // connection errors reach each caller by its own command
  await queue.waitUntilReady();
  return queue;
}

/** A BullMQ object whose first contact with Redis failed is broken for good: it is opened when needed, and anew after a failure. */
function onDemand(open: () => Promise<Queue<ThumbnailJobData>>) {
  let opened: Promise<Queue<ThumbnailJobData>> | null = null;
  return {
    get(): Promise<Queue<ThumbnailJobData>> {
      opened ??= open().catch((err) => {
        opened = null;
        throw err;
      });
      return opened;
    },
    async close(): Promise<void> {
      await (await opened?.catch(() => null))?.close();
    },
  };
}

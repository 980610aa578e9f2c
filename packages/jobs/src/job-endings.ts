/** Wakes whoever waits for a job's end: one event stream per process, no polling. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { thumbnailQueueName } from '@tintype/contracts';
import { connectEvents, disconnect, keysOf, type RedisConnection, shardPrefix } from '@tintype/redis';
import { QueueEvents, type QueueEventsListener } from 'bullmq';

/** Watches one job. Start watching before reading the record: an end in between is then remembered. */
export type JobWatch = {
  /** Resolves when the job has ended, after `timeoutMs`, or when the signal aborts. */
  ended(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
};

export type JobEndings = {
  watch(id: string): JobWatch;
  close(): Promise<void>;
};

/** BullMQ's events, and the one that we add when a job is cancelled. */
type JobEvents = QueueEventsListener & { cancelled: (event: { jobId: string }) => void };

/** Events kept for readers that reconnect. Each finished job's result passes here once. */
export const eventsKept = 1000;
/** A server that answers with an error (it loads, say) is asked again after this time. */
const retryDelayMs = 500;

/** Reads a shard's event stream from its present end; begins as soon as Redis is there. */
export function followJobEndings(redisUrl: string, shard = 0): JobEndings {
  const connection = connectEvents(redisUrl);
  const ends = new EventEmitter().setMaxListeners(0);
  let events: QueueEvents | null = null;
  let closed = false;
  const begin = async (): Promise<void> => {
    while (!closed && !events) {
      events = await follow(connection, shard, ({ jobId }) => void ends.emit(jobId)).catch(() => null);
      if (!events) await sleep(retryDelayMs, undefined, { ref: false });
    }
  };
  void begin();
  return {
    watch: (id) => watchIn(ends, id),
    async close() {
      closed = true;
      await events?.close();
      await disconnect(connection);
    },
  };
}

/**
 * Starts at the id of the last event there is, asked for by ourselves: with Redis' `$` every event between two
 * blocking reads would be lost. A connection that comes back goes on where it was.
 */
async function follow(connection: RedisConnection, shard: number, onEnd: (event: { jobId: string }) => void) {
  const [last] = await connection.xrevrange(keysOf(shard).events(thumbnailQueueName), '+', '-', 'COUNT', 1);
  const events = new QueueEvents(thumbnailQueueName, {
    connection,
    prefix: shardPrefix(shard),
    lastEventId: last?.[0] ?? '0-0',
  });
  events.on('error', () => undefined);
  events.on('completed', onEnd);
  events.on('failed', onEnd);
  events.on<JobEvents>('cancelled', onEnd);
  return events;
}

function watchIn(ends: EventEmitter, id: string): JobWatch {
  const end = Promise.withResolvers<void>();
  ends.once(id, end.resolve);
  return {
    async ended(timeoutMs, signal) {
      const over = Promise.withResolvers<void>();
      const giveUp = () => over.resolve();
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener('abort', giveUp, { once: true });
      if (!signal.aborted) await Promise.race([end.promise, over.promise]);
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    },
    close: () => void ends.off(id, end.resolve),
  };
}

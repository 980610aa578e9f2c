/** Reads what has happened to jobs, in order, from where one stopped: for live readers. */
import type { Shard } from '@tintype/redis';
import { eventOfLetter, type JobEventKind } from './announce.ts';

export type JobEvent = {
  /** Its entry id in the stream: whoever reads on passes the last one that was seen. */
  cursor: string;
  id: string;
  event: JobEventKind;
};

export type JobEventStream = {
  /** The cursor of the latest event: what comes from now on is read behind it. */
  end(): Promise<string>;
  /**
   * Events behind a cursor, earliest first. What is older than the stream's cap is missing: who was away for long looks
   * at the record instead.
   */
  read(after: string, limit: number): Promise<JobEvent[]>;
};

/** Of one shard. */
export function createJobEventStream({ redis, keys }: Shard): JobEventStream {
  return {
    async end() {
      const [latest] = await redis.xrevrange(keys.jobEvents, '+', '-', 'COUNT', 1);
      return latest?.[0] ?? '0-0';
    },
    async read(after, limit) {
      const entries = await redis.xrange(keys.jobEvents, `(${after}`, '+', 'COUNT', limit);
      return entries.flatMap(([cursor, fields]) => eventOf(cursor, fields));
    },
  };
}

/** One field, whose value is a letter and the id. */
function eventOf(cursor: string, [, value = '']: string[]): JobEvent[] {
  const event = eventOfLetter(value.slice(0, 1));
  return event ? [{ cursor, id: value.slice(1), event }] : [];
}

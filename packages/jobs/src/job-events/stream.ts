/** Reads what has happened to jobs, in order, from where one stopped: for live readers. */
import type { Shard } from '@tintype/redis';
import { eventOfLetter, type JobEventKind } from './announce.ts';

export type JobEvent = {
  /** Its place in the stream; later events have later ones. */
  place: string;
  id: string;
  event: JobEventKind;
};

export type JobEventStream = {
  /** The place behind the latest event: what comes from now on is read from there. */
  end(): Promise<string>;
  /**
   * Events behind a place, earliest first. What is older than the stream's cap is missing: who was away for long looks at
   * the record instead.
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
      return entries.flatMap(([place, fields]) => eventOf(place, fields));
    },
  };
}

/** One field, whose value is a letter and the id. */
function eventOf(place: string, [, value = '']: string[]): JobEvent[] {
  const event = eventOfLetter(value.slice(0, 1));
  return event ? [{ place, id: value.slice(1), event }] : [];
}

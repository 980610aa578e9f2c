/** The clock of Redis, as this process knows it: its own clock and how far that one is off. */
import type { RedisConnection } from './connection.ts';

/** Clocks drift, and are set: the difference is measured again after this time. */
const measureIntervalMs = 10_000;

/** A connection has one clock, however many shards and stores are opened over it. */
const clocks = new WeakMap<RedisConnection, () => number>();

/**
 * Answers the present time of Redis in milliseconds, to about half a round trip. Until the first measurement, which
 * begins with the connection, it is this machine's own time. Ends with the connection.
 */
export function redisClockOf(redis: RedisConnection): () => number {
  const clock = clocks.get(redis) ?? startClock(redis);
  clocks.set(redis, clock);
  return clock;
}

function startClock(redis: RedisConnection): () => number {
  let offsetMs = 0;
  const measure = async () => {
    const sentMs = Date.now();
    const [seconds, microseconds] = (await redis.time()).map(Number);
    const receivedMs = Date.now();
    if (seconds === undefined || microseconds === undefined) return;
    const measuredMs = seconds * 1000 + microseconds / 1000 - (sentMs + receivedMs) / 2;
    // Within what the answer took, nobody can say that the clocks differ: then they do not.
    offsetMs = Math.abs(measuredMs) <= (receivedMs - sentMs) / 2 + 1 ? 0 : measuredMs;
  };
  // Without Redis there is nobody to compare with; the next measurement comes with the next connection.
  const tryMeasuring = () => void (redis.status === 'ready' && measure().catch(() => undefined));
  redis.on('ready', tryMeasuring);
  tryMeasuring();
  const timer = setInterval(tryMeasuring, measureIntervalMs);
  timer.unref();
  redis.on('end', () => clearInterval(timer));
  return () => Math.round(Date.now() + offsetMs);
}

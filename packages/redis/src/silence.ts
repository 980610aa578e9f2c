/** A server that is asked and says nothing: it is slow, or dead and another one has its name. */
import type { Socket } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import { RedisTrouble } from './redis-failure.ts';

/** Silence for so long, and it is looked where the name leads by now; */
const silenceMs = 1500;
/** how often the connection is looked at; */
const lookIntervalMs = 250;
/** and how long the server behind the name has for its answer. */
const answerWithinMs = 1000;

/**
 * Ends the connection when its server, known by this run id, leaves what it was asked for without an answer, and its name leads to another
 * primary that answers. One that only pauses is waited for: its name still leads to it, and it does later what it was asked for, which would
 * be done twice if it was asked again.
 */
export function leaveWhenMoved(stream: Socket, runId: string, options: RedisOptions): void {
  let [heardBytes, answeredBytes] = [stream.bytesRead, stream.bytesWritten];
  let askedAtMs: number | null = null;
  let isLooking = false;
  const look = async (): Promise<void> => {
    isLooking = true;
    const found = await findPrimary(options);
    isLooking = false;
    if (found === null || found === runId || stream.bytesRead !== heardBytes) return;
    stream.destroy(new RedisTrouble('Redis says nothing, and REDIS_URL leads to another primary by now'));
  };
  const timer = setInterval(() => {
    const { bytesRead, bytesWritten } = stream;
    if (bytesRead !== heardBytes || bytesWritten === answeredBytes) {
      [heardBytes, answeredBytes, askedAtMs] = [bytesRead, bytesWritten, null];
      return;
    }
    askedAtMs ??= performance.now();
    if (!isLooking && performance.now() - askedAtMs >= silenceMs) void look();
  }, lookIntervalMs);
  timer.unref();
  stream.once('close', () => clearInterval(timer));
}

/** The run id of the primary that the name leads to now; null when none answers in time, or may not tell. */
async function findPrimary(options: RedisOptions): Promise<string | null> {
  const { Connector: _, socketTimeout: __, replyMapping: ___, ...place } = options;
  const probe = new Redis({
    ...place,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    reconnectOnError: () => false,
    commandTimeout: answerWithinMs,
  });
  probe.on('error', () => undefined);
  const timer = setTimeout(() => probe.disconnect(), answerWithinMs);
  try {
    await probe.connect();
    const info = await probe.info();
    if (!/^role:master\r?$/m.test(info) || /^loading:1/m.test(info)) return null;
    return /^run_id:(\w+)/m.exec(info)?.[1] ?? null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    probe.disconnect();
  }
}

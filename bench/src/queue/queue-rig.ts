/** A Tintype with two tenants, whose worker begins when it is told, and whose completions can be looked at in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectWorker, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import { startService, startTintype } from '@tintype/testkit';
import type { CleanUp } from './clean-up.ts';
import { type Filling, openFilling } from './filling.ts';
import { type ApiCalls, openApiCalls, thumbnailOf } from './timed-calls.ts';

export type Tenant = 'A' | 'B';

export type QueueRig = {
  calls: Record<Tenant, ApiCalls>;
  filling: Filling;
  redisVersion: string;
  redisUrl: string;
  /** Redis, the API and the workers that were started. */
  pids(): number[];
  startWorker(): Promise<void>;
  /** How many are completed. */
  completed(): Promise<number>;
  /** Ids with the time of their completion, in that order. */
  completions(): Promise<Completion[]>;
  /** Resolves when at least so many are completed. */
  untilCompleted(count: number, onProgress?: (done: number) => void): Promise<void>;
  /** Hands a job in and follows it until it is completed. */
  make(tenant: Tenant, body: { url: string; priority?: string }): Promise<Made>;
  warnings(): string[];
};

export type Completion = { id: string; atMs: number };
/** Times by the service's own clock. */
export type Made = { id: string; createdAtMs: number; completedAtMs: number };

const secrets: Record<Tenant, string> = { A: 'a'.repeat(32), B: 'b'.repeat(32) };
/** With the right to pass others: the lanes are measured. */
const apiKeys = (['A', 'B'] as const)
  .map((tenant) => `${tenant}:${secrets[tenant]}:thumbnails+priority:${tenant}`)
  .join(',');
const lookIntervalMs = 20;

/** `origins`: the addresses that the worker may fetch from. */
export async function startQueueRig(origins: readonly string[], queued: number, cleanUp: CleanUp): Promise<QueueRig> {
  const tintype = await startTintype({
    workers: 0,
    env: { LOG_LEVEL: 'warn' },
    apiEnv: { API_KEYS: apiKeys, AUTH: 'required', RATE_LIMIT: 'off', QUEUE_MAX: String(2 * queued + 10_000) },
  });
  cleanUp.add(tintype.stop);
  const redis = connectWorker(tintype.redis.url);
  const filling = openFilling(tintype.redis.url);
  const calls = { A: openApiCalls(tintype.url, 32, secrets.A), B: openApiCalls(tintype.url, 32, secrets.B) };
  cleanUp.add(async () => {
    await Promise.all([disconnect(redis), filling.close(), calls.A.close(), calls.B.close()]);
  });
  const logs = [tintype.api.log];
  const pids = [tintype.redis.pid, tintype.api.pid];
  return {
    calls,
    filling,
    redisVersion: tintype.redis.version,
    redisUrl: tintype.redis.url,
    pids: () => pids,
    async startWorker() {
      const worker = await startService('worker', {
        REDIS_URL: tintype.redis.url,
        STORAGE: `disk:${tintype.dataDir}/blobs`,
        NODE_ENV: 'test',
        LOG_LEVEL: 'warn',
        FETCH_ALLOW: origins.join(','),
      });
      logs.push(worker.log);
      pids.push(worker.pid);
      cleanUp.add(async () => {
        worker.kill('SIGTERM');
        await worker.exited;
      });
    },
    ...watchCompleted(redis),
    async make(tenant, body) {
      const { id } = thumbnailOf(await calls[tenant].submit(body));
      for (;;) {
        await sleep(lookIntervalMs);
        const { status, error, created_at, completed_at } = thumbnailOf(await calls[tenant].get(id));
        if (status === 'failed') throw new Error(`${body.url}: ${error?.code}`);
        if (status !== 'completed' || !completed_at) continue;
        return { id, createdAtMs: Date.parse(created_at), completedAtMs: Date.parse(completed_at) };
      }
    },
    warnings: () => logs.flat(),
  };
}

/** What BullMQ's set of completed jobs tells. */
function watchCompleted(redis: RedisConnection): Pick<QueueRig, 'completed' | 'completions' | 'untilCompleted'> {
  const { completed } = keysOf(0);
  return {
    completed: () => redis.zcard(completed),
    async completions() {
      const flat = await redis.zrange(completed, '0', '-1', 'WITHSCORES');
      return Array.from({ length: flat.length / 2 }, (_, at) => ({
        id: String(flat[2 * at]),
        atMs: Number(flat[2 * at + 1]),
      }));
    },
    async untilCompleted(count, onProgress) {
      for (let done = 0; done < count; ) {
        await sleep(lookIntervalMs);
        done = await redis.zcard(completed);
        onProgress?.(Math.min(done, count));
      }
    },
  };
}

/** The whole service, warmed up, with what measures a run of calls: time, CPU of every process, memory, failures. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runCalls } from '../load.ts';
import type { Answer } from '../picture-client.ts';
import { openRedisGauge, type RedisReading } from '../redis-figures.ts';
import { type RunningService, startService } from '../service.ts';
import { percentile } from '../statistics.ts';
import type { Tally } from '../tally.ts';
import { createThumbnailClient, judge, type ThumbnailClient } from '../thumbnail-client.ts';
import { startTreeMeter } from '../tree-meter.ts';

export type Rig = {
  service: RunningService;
  client: ThumbnailClient;
  /** Makes the call for each item, with so many clients at once. Whatever is not as it should be is a failure. */
  measure<Item>(items: readonly Item[], clients: number, call: Call<Item>): Promise<Measured>;
  readRedis(): Promise<RedisReading>;
  stop(): Promise<void>;
};

export type Call<Item> = {
  make: (item: Item) => Promise<Answer>;
  /** Why the answer is not what was asked for; by default, whether it is a thumbnail of 100 × 100. */
  failureOf?: (answer: Answer) => string | null;
};

export type Measured = {
  perSecond: number;
  /** Of the whole process tree, for each item. */
  cpuMs: number;
  peakRssBytes: number;
  p50Ms: number;
  p95Ms: number;
};

export type RigOptions = {
  workers?: number;
  /** `host:port` of the pictures. */
  originHost: string;
  /** Settings of the API alone. */
  apiEnv?: Record<string, string>;
  failures: Tally;
  onStarted: (stop: () => Promise<void>) => void;
};

/** The services' own work after the last answer belongs to the run. */
const settleMs = 250;
const mostClients = 64;

export async function startRig(options: RigOptions): Promise<Rig> {
  const { workers = 1, originHost, apiEnv = {}, failures, onStarted } = options;
  const service = await startService({ workers, originHost, apiEnv, profileFolder: null });
  const client = createThumbnailClient(service.url, mostClients);
  const gauge = openRedisGauge(service.redis.url);
  let stopped: Promise<void> | undefined;
  const stopOnce = async () => {
    await Promise.all([client.close(), gauge.close()]);
    await service.stop();
  };
  const stop = () => (stopped ??= stopOnce());
  onStarted(stop);
  return {
    service,
    client,
    async measure(items, clients, { make, failureOf = (answer) => judge(answer).failure }) {
      const meter = startTreeMeter(service.pids);
      const { elapsedMs, answers } = await runCalls(items, Math.min(clients, mostClients), make);
      await sleep(settleMs);
      const { cpuMs, peakRssBytes } = meter.stop();
      for (const failure of answers.map(failureOf)) if (failure !== null) failures.add(failure);
      const times = answers.map(({ ms }) => ms);
      return {
        perSecond: (1000 * items.length) / elapsedMs,
        cpuMs: cpuMs / items.length,
        peakRssBytes,
        p50Ms: percentile(times, 50),
        p95Ms: percentile(times, 95),
      };
    },
    readRedis: gauge.read,
    stop,
  };
}

/** Tintype as a contestant: bursts through its API, with what they cost the processes and Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad } from './load.ts';
import { callsBetween, openRedisGauge, type RedisReading } from './redis-figures.ts';
import { type ServiceOptions, startService } from './service.ts';
import type { Side, SideOptions, SideRound } from './side.ts';
import { mean, percentile } from './statistics.ts';
import { createThumbnailClient, judge, type Verdict } from './thumbnail-client.ts';
import { startTreeMeter } from './tree-meter.ts';

export type Latency = { p50Ms: number; p95Ms: number; p99Ms: number };

export type ServiceRound = SideRound &
  Latency & {
    cacheHits: number;
    /** Commands per job, those inside scripts included. */
    redisCommandsPerJob: number;
    /** The same by command. */
    redisCallsPerJob: Record<string, number>;
    /** Mean milliseconds by step, as the service took them itself. */
    stepsMs: Record<string, number>;
  };

/** Bytes per finished job. */
export type RedisGrowth = { usedBytes: number; datasetBytes: number; overheadBytes: number; eventsStreamBytes: number };

export type ServiceSide = Side<ServiceRound> & {
  /** One client, one picture at a time. */
  probeIdle(requests: number): Promise<Latency>;
  /** From the empty Redis until now, over all jobs, those of the warm-up included. */
  redisPerJob(): Promise<RedisGrowth>;
  redisVersion: string;
  warnings(): string[];
};

export type ServiceSideOptions = SideOptions & ServiceOptions & { clients: number; expectsCacheHits: boolean };

/** The services' own work after the last answer belongs to the round. */
const settleMs = 250;

export async function startServiceSide(options: ServiceSideOptions): Promise<ServiceSide> {
  const { takeUrls, onProgress, onFailure, expectsCacheHits } = options;
  const service = await startService(options);
  const client = createThumbnailClient(service.url, options.clients);
  const gauge = openRedisGauge(service.redis.url);
  const atStart = await gauge.read();
  let jobs = 0;

  async function burst(pictures: number, clients = options.clients) {
    const urls = takeUrls(pictures);
    const { elapsedMs, answers } = await runLoad({
      client,
      urls,
      clients,
      onProgress: (done) => onProgress(done, pictures),
    });
    await sleep(settleMs);
    jobs += pictures;
    return { elapsedMs, answers, latency: latencyOf(answers.map(({ ms }) => ms)) };
  }

  /** Reading the answers takes time of its own: after the measurement. */
  function judgeAll(answers: Parameters<typeof judge>[0][]): Verdict[] {
    const verdicts = answers.map(judge);
    for (const { failure, cacheHit } of verdicts) {
      // With bytes that nobody has seen, a hit means that they were not unique.
      const reason = failure ?? (cacheHit && !expectsCacheHits ? 'answered from the cache' : null);
      if (reason !== null) onFailure(reason);
    }
    return verdicts;
  }

  async function measure(pictures: number): Promise<ServiceRound> {
    const before = await gauge.read();
    const meter = startTreeMeter(service.pids);
    const { elapsedMs, answers, latency } = await burst(pictures);
    const { cpuMs, peakRssBytes } = meter.stop();
    const after = await gauge.read();
    const verdicts = judgeAll(answers);
    return {
      picturesPerSecond: (1000 * pictures) / elapsedMs,
      cpuMsPerPicture: cpuMs / pictures,
      peakRssBytes,
      ...latency,
      cacheHits: verdicts.filter(({ cacheHit }) => cacheHit).length,
      redisCommandsPerJob: (after.commands - before.commands) / pictures,
      redisCallsPerJob: mapValues(callsBetween(before, after), (calls) => calls / pictures),
      stepsMs: meanSteps(verdicts),
    };
  }

  let stopped: Promise<void> | undefined;
  const stopOnce = async () => {
    await Promise.all([client.close(), gauge.close()]);
    await service.stop();
  };

  return {
    warmUp: async (pictures) => void judgeAll((await burst(pictures)).answers),
    measure,
    async probeIdle(requests) {
      const { answers, latency } = await burst(requests, 1);
      judgeAll(answers);
      return latency;
    },
    redisPerJob: async () => growthPerJob(atStart, await gauge.read(), jobs),
    redisVersion: service.redis.version,
    warnings: service.warnings,
    stop: () => (stopped ??= stopOnce()),
  };
}

function latencyOf(timesMs: number[]): Latency {
  return { p50Ms: percentile(timesMs, 50), p95Ms: percentile(timesMs, 95), p99Ms: percentile(timesMs, 99) };
}

function growthPerJob(before: RedisReading, after: RedisReading, jobs: number): RedisGrowth {
  return {
    usedBytes: (after.usedBytes - before.usedBytes) / jobs,
    datasetBytes: (after.datasetBytes - before.datasetBytes) / jobs,
    overheadBytes: (after.overheadBytes - before.overheadBytes) / jobs,
    eventsStreamBytes: after.eventsStreamBytes / jobs,
  };
}

function meanSteps(verdicts: Verdict[]): Record<string, number> {
  const taken: Record<string, number[]> = {};
  for (const { timings } of verdicts) {
    for (const [step, ms] of Object.entries(timings)) {
      taken[step] ??= [];
      taken[step].push(ms);
    }
  }
  return mapValues(taken, mean);
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** A service as a contestant: loads through its API, with what they cost its processes and its Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant, ContestantOptions, SideRound } from './contestant.ts';
import { runBurst, runLoad } from './load.ts';
import type { LoadName } from './load-names.ts';
import type { Answer, PictureClient, Verdict } from './picture-client.ts';
import { callsBetween, growthPerJob, openRedisGauge } from './redis-figures.ts';
import { latencyOf, mean } from './statistics.ts';
import { startTreeMeter } from './tree-meter.ts';

/** A running service, Tintype or another. */
export type Served = {
  /** Its processes, its Redis among them; everything they start is below these. */
  pids: number[];
  client: PictureClient;
  judge(answer: Answer): Verdict | Promise<Verdict>;
  redis: { url: string; version: string } | null;
  warnings(): string[];
  stop(): Promise<void>;
};

export type ServedSideOptions = ContestantOptions & {
  /** An answer from a cache is no failure. */
  expectsCacheHits: boolean;
  /** Tells cache hits, commands by name and times by step too. */
  tellsItsOwn: boolean;
};

/** The services' own work after the last answer belongs to the round. */
const settleMs = 250;

/** Reading the answers takes time of its own: after the measurement. */
async function judgeAll(
  answers: readonly Answer[],
  { judge }: Served,
  { expectsCacheHits, onFailure }: ServedSideOptions,
): Promise<Verdict[]> {
  const verdicts = await Promise.all(answers.map(judge));
  for (const { failure, cacheHit } of verdicts) {
    // With bytes that nobody has seen, a hit means that they were not unique.
    const reason = failure ?? (cacheHit && !expectsCacheHits ? 'answered from the cache' : null);
    if (reason !== null) onFailure(reason);
  }
  return verdicts;
}

/** Stops the service too, at the end. */
export async function startServedSide(served: Served, options: ServedSideOptions): Promise<Contestant> {
  const { takeUrls, onProgress, tellsItsOwn } = options;
  const { client, redis } = served;
  const gauge = redis && openRedisGauge(redis.url);
  const atStart = await gauge?.read();
  let jobs = 0;

  async function run(pictures: number, load: LoadName) {
    const loaded = {
      client,
      urls: takeUrls(pictures),
      clients: load === 'idle' ? 1 : options.clients,
      onProgress: (done: number) => onProgress(done, pictures),
    };
    const result = await (load === 'burst' ? runBurst(loaded) : runLoad(loaded));
    await sleep(settleMs);
    jobs += pictures;
    return result;
  }

  async function measure(pictures: number, load: LoadName): Promise<SideRound> {
    const before = await gauge?.read();
    const meter = startTreeMeter(served.pids);
    const { elapsedMs, answers } = await run(pictures, load);
    const { cpuMs, peakPssBytes, peakRssBytes } = meter.stop();
    const after = await gauge?.read();
    const verdicts = await judgeAll(answers, served, options);
    const calls = before && after ? mapValues(callsBetween(before, after), (count) => count / pictures) : {};
    return {
      picturesPerSecond: (1000 * pictures) / elapsedMs,
      cpuMsPerPicture: cpuMs / pictures,
      peakMemoryBytes: peakPssBytes,
      peakRssBytes,
      ...latencyOf(answers.map(({ ms }) => ms)),
      redisCommandsPerJob: before && after ? (after.commands - before.commands) / pictures : null,
      ...(tellsItsOwn && { own: { ...ownOf(verdicts), redisCallsPerJob: calls } }),
    };
  }

  let stopped: Promise<void> | undefined;
  const stopOnce = async () => {
    await Promise.all([client.close(), gauge?.close()]);
    await served.stop();
  };
  return {
    warmUp: async (pictures) => void (await judgeAll((await run(pictures, 'closed')).answers, served, options)),
    measure,
    redisPerJob: async () => (gauge && atStart ? growthPerJob(atStart, await gauge.read(), jobs) : null),
    redisVersion: redis?.version ?? null,
    warnings: served.warnings,
    stop: () => (stopped ??= stopOnce()),
  };
}

function ownOf(verdicts: Verdict[]) {
  return { cacheHits: verdicts.filter(({ cacheHit }) => cacheHit).length, stepsMs: meanSteps(verdicts) };
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

/** Measures one suite: everything fresh, warmed up, then rounds in which the contestants take turns. */
import type { Progress } from '@tintype/testkit';
import type { Contestant, ContestantName, ContestantOptions, SideRound } from './contestant.ts';
import { canTake, contestantsOf, type Entrants, rotated, startContestant } from './contestants.ts';
import type { LoadName } from './load-names.ts';
import { picturesOf, warmUpOf } from './options.ts';
import type { PictureUrls } from './picture-urls.ts';
import type { RedisGrowth } from './redis-figures.ts';
import { type SuiteName, suites } from './suites.ts';
import { createTally, type Tally } from './tally.ts';

/** What each did in one round, one after the other. */
export type Round = Partial<Record<ContestantName, SideRound>>;

export type LoadResult = {
  load: LoadName;
  /** Per contestant and round. */
  pictures: number;
  rounds: Round[];
};

export type SuiteResult = {
  suite: SuiteName;
  title: string;
  meanFileBytes: number;
  contestants: ContestantName[];
  loads: LoadResult[];
  redisPerJob: Partial<Record<ContestantName, RedisGrowth>>;
  redisVersion: string;
  /** What went wrong with whom, and how often; any entry makes the figures of that one worthless. */
  failures: Partial<Record<ContestantName, Record<string, number>>>;
  /** What Tintype's services had to say. */
  warnings: string[];
};

export type SuiteContext = Entrants & {
  urls: PictureUrls;
  progress: Progress;
  /** Told how to stop what has been started, in case the run is broken off. */
  onStarted: (stop: () => Promise<void>) => void;
};

/** Who takes part, how far they are, and what went wrong. */
type Field = {
  suite: SuiteName;
  running: Map<ContestantName, Contestant>;
  tallies: Map<ContestantName, Tally>;
  redisPerJob: Partial<Record<ContestantName, RedisGrowth>>;
  /** What is being done, for the progress. */
  step: string;
};

/** Runs the suite from start to stop. A failed job does not end it, it is counted; so is a peer that breaks down. */
export async function measureSuite(suite: SuiteName, context: SuiteContext): Promise<SuiteResult> {
  const { options, urls, onStarted } = context;
  const field: Field = { suite, running: new Map(), tallies: new Map(), redisPerJob: {}, step: 'start' };
  const stop = async () => void (await Promise.all([...field.running.values()].map((side) => side.stop())));
  onStarted(stop);
  try {
    const contestants = contestantsOf(suite, context.peers);
    for (const name of contestants) await enter(name, field, context);
    const loads: LoadResult[] = [];
    for (const load of options.loads ?? suites[suite].loads) loads.push(await measureLoad(load, field, context));
    await readRedis(field);
    const tintype = field.running.get('tintype');
    return {
      ...{ suite, title: suites[suite].title, meanFileBytes: urls.meanBytes(suite), contestants, loads },
      redisPerJob: field.redisPerJob,
      redisVersion: tintype?.redisVersion ?? 'unknown',
      failures: countsOf(field.tallies),
      warnings: tintype?.warnings() ?? [],
    };
  } finally {
    await stop();
  }
}

/** Starts and warms up. */
async function enter(name: ContestantName, field: Field, context: SuiteContext): Promise<void> {
  const { suite } = field;
  const { options, urls, progress } = context;
  const tally = createTally();
  field.tallies.set(name, tally);
  const given: ContestantOptions = {
    takeUrls: (count) => urls.take(suite, name, count),
    onProgress: (done, total) => progress.bar(`${suite} ${field.step}, ${name}`, done, total),
    onFailure: tally.add,
    originHost: urls.host,
    clients: options.clients,
  };
  field.step = 'warm-up';
  await orLeave(name, field, async () => {
    const side = await startContestant(name, suite, given, context);
    field.running.set(name, side);
    const warmUp = warmUpOf(suite, options);
    await side.warmUp(warmUp);
    if (name === 'tintype' && !options.quick) await readRedisEarly(side, warmUp, field);
  });
}

async function measureLoad(
  load: LoadName,
  field: Field,
  { options, progress, urls }: SuiteContext,
): Promise<LoadResult> {
  const pictures = picturesOf(field.suite, load, options);
  const rounds: Round[] = [];
  for (let number = 1; number <= options.rounds; number++) {
    const round: Round = {};
    field.step = `${load} ${number}/${options.rounds}`;
    for (const [name, side] of rotated([...field.running], number - 1)) {
      if (!canTake(name, load)) continue;
      await orLeave(name, field, async () => {
        const before = await urls.sentBytes();
        const measured = await side.measure(pictures, load);
        round[name] = { ...measured, downloadedBytesPerPicture: ((await urls.sentBytes()) - before) / pictures };
      });
    }
    rounds.push(round);
    progress.line(`${field.suite} ${field.step}: ${describeRound(round)}`);
  }
  return { load, pictures, rounds };
}

/** A peer that breaks down leaves the field, with a failure; without Tintype or the bare loop nothing makes sense. */
async function orLeave(name: ContestantName, field: Field, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (err) {
    if (name === 'tintype' || name === 'bare') throw err;
    field.tallies.get(name)?.add(String(err));
    await field.running.get(name)?.stop();
    field.running.delete(name);
  }
}

/**
 * The events stream is trimmed to a fixed length and tables double in size, so that the figure depends on the number of
 * jobs: it is always taken after as many. In suites without that number, and of peers, at the end.
 */
async function readRedisEarly(tintype: Contestant, jobsSoFar: number, field: Field): Promise<void> {
  const { redisJobs } = suites[field.suite];
  if (redisJobs === undefined) return;
  if (redisJobs > jobsSoFar) await tintype.warmUp(redisJobs - jobsSoFar);
  await readRedisOf('tintype', tintype, field);
}

async function readRedis(field: Field): Promise<void> {
  for (const [name, side] of field.running) {
    if (field.redisPerJob[name] === undefined) await readRedisOf(name, side, field);
  }
}

async function readRedisOf(name: ContestantName, side: Contestant, { redisPerJob }: Field): Promise<void> {
  const growth = await side.redisPerJob();
  if (growth) redisPerJob[name] = growth;
}

function countsOf(tallies: ReadonlyMap<ContestantName, Tally>): SuiteResult['failures'] {
  const counts = [...tallies].map(([name, tally]) => [name, tally.counts()] as const);
  return Object.fromEntries(counts.filter(([, failures]) => Object.keys(failures).length > 0));
}

function describeRound(round: Round): string {
  const sides = Object.entries(round).map(([name, { picturesPerSecond, cpuMsPerPicture }]) => {
    return `${name} ${picturesPerSecond.toFixed(1)}/s, ${cpuMsPerPicture.toFixed(2)} ms CPU`;
  });
  return sides.join('; ');
}

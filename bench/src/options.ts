/** The command line. */
import { InvalidOptions, parseCount, parseOptions } from '@tintype/testkit';
import { type GrowthSuiteName, growthSuiteNames, isGrowthSuiteName } from './growth/suite-names.ts';
import { isLoadName, type LoadName, loadNames } from './load-names.ts';
import { isPeerName, type PeerName, peerNames } from './peers/names.ts';
import { isQueueSuiteName, type QueueSuiteName, queueSuiteNames } from './queue/suite-names.ts';
import { isSuiteName, type SuiteName, scaledTo, suiteNames, suites } from './suites.ts';

export type BenchOptions = {
  suites: SuiteName[];
  /** Suites about the queue itself, with tables of their own. */
  queueSuites: QueueSuiteName[];
  /** Jobs in the queue at most, in those suites. */
  queued: number;
  /** Suites about growth, with tables of their own. */
  growthSuites: GrowthSuiteName[];
  /** Pictures of the suite `soak`. */
  soakPictures: number;
  /** Where plots are written as SVG; null for none. */
  plotFolder: string | null;
  /** Peers to look for. */
  peers: PeerName[];
  /** Null: those of each suite. */
  loads: LoadName[] | null;
  /** Pictures per round; fewer of those that cost more. */
  pictures: number;
  rounds: number;
  clients: number;
  workers: number;
  /** Pictures before anything is measured. */
  warmUpPictures: number;
  /** Requests of one client alone, in all rounds together. */
  idleRequests: number;
  /** Only to see that it runs. */
  quick: boolean;
  json: boolean;
  /** Where the services write CPU profiles when they stop; null for none. */
  profileFolder: string | null;
};

const allNames = [...suiteNames, ...queueSuiteNames, ...growthSuiteNames];

export const usage = `Measures Tintype next to a bare sharp loop and to the peers that are installed.

  npm run bench -- [options]

  --suite small,web   suites to run (${allNames.join(', ')}; all by default)
  --peers celery,rq   who else takes part (${peerNames.join(', ')}; all that are installed by default; none)
  --load burst        loads (${loadNames.join(', ')}; by default closed, for small and web all three)
  --n 600             pictures per round; fewer where a picture costs more
  --rounds 3          rounds, in each of which everybody has a turn
  --clients 64        clients at once, each with one picture under way
  --workers 1         worker processes
  --queued 100000     jobs in the queue at most, for backlog (fairness takes a tenth); ended ones for lists
  --soak 20000        pictures of soak
  --plots <folder>    one SVG for each suite that has a plot
  --json              one JSON document instead of the table
  --profile <folder>  CPU profiles of the API and the workers (slows them down)
  --quick             60 pictures, one round, a short warm-up: only to see that it runs
`;

const warmUpPictures = 600;
const quickPictures = 60;
const quickWarmUpPictures = 20;
const quickQueued = 10_000;
const quickSoak = 400;

/** Reads the arguments; null when help was asked for. Throws `InvalidOptions`. */
export function readOptions(args: string[]): BenchOptions | null {
  const values = parseOptions(args, {
    suite: { type: 'string' },
    peers: { type: 'string' },
    load: { type: 'string' },
    n: { type: 'string' },
    rounds: { type: 'string' },
    clients: { type: 'string' },
    workers: { type: 'string' },
    queued: { type: 'string' },
    soak: { type: 'string' },
    plots: { type: 'string' },
    json: { type: 'boolean' },
    profile: { type: 'string' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  const quick = values.quick ?? false;
  return {
    ...parseSuites(values.suite ?? allNames.join(',')),
    queued: parseCount('queued', values.queued ?? (quick ? quickQueued : 100_000)),
    soakPictures: parseCount('soak', values.soak ?? (quick ? quickSoak : 20_000)),
    plotFolder: values.plots ?? null,
    peers: values.peers === 'none' ? [] : parseNames('peers', values.peers, peerNames, isPeerName),
    loads: values.load === undefined ? null : parseNames('load', values.load, loadNames, isLoadName),
    pictures: parseCount('n', values.n ?? (quick ? quickPictures : 600)),
    rounds: parseCount('rounds', values.rounds ?? (quick ? 1 : 3)),
    clients: parseCount('clients', values.clients ?? 64),
    workers: parseCount('workers', values.workers ?? 1),
    warmUpPictures: quick ? quickWarmUpPictures : warmUpPictures,
    idleRequests: quick ? 20 : 100,
    quick,
    json: values.json ?? false,
    profileFolder: values.profile ?? null,
  };
}

/** How many pictures of a suite a round of this load has. */
export function picturesOf(suite: SuiteName, load: LoadName, { pictures, idleRequests, rounds }: BenchOptions): number {
  return load === 'idle' ? Math.max(1, Math.ceil(idleRequests / rounds)) : scaledTo(suite, pictures);
}

/**
 * How many come before anything is measured. Node is warm after so many jobs, whatever a picture costs; only where that
 * would take minutes must a third do.
 */
export function warmUpOf(suite: SuiteName, { warmUpPictures }: BenchOptions): number {
  const least = suites[suite].costFactor <= 3 ? warmUpPictures : Math.ceil(warmUpPictures / 3);
  return Math.max(least, scaledTo(suite, warmUpPictures));
}

/** All of them unless some are given. */
function parseNames<Name extends string>(
  option: string,
  text: string | undefined,
  all: readonly Name[],
  isName: (text: string) => text is Name,
): Name[] {
  if (text === undefined) return [...all];
  const names = text.split(',');
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) throw new InvalidOptions(`--${option} ${wrong}: must be one of ${all.join(', ')}`);
  return names.filter(isName);
}

function parseSuites(text: string): Pick<BenchOptions, 'suites' | 'queueSuites' | 'growthSuites'> {
  const names = text.split(',');
  const unknown = names.find((name) => !isSuiteName(name) && !isQueueSuiteName(name) && !isGrowthSuiteName(name));
  if (unknown !== undefined) throw new InvalidOptions(`--suite ${unknown}: must be one of ${allNames.join(', ')}`);
  return {
    suites: names.filter(isSuiteName),
    queueSuites: names.filter(isQueueSuiteName),
    growthSuites: names.filter(isGrowthSuiteName),
  };
}

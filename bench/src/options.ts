/** The command line. */
import { InvalidOptions, parseCount, parseOptions } from '@tintype/testkit';
import { isQueueSuiteName, type QueueSuiteName, queueSuiteNames } from './queue/suite-names.ts';
import { isSuiteName, type SuiteName, suiteNames } from './suites.ts';

export type BenchOptions = {
  suites: SuiteName[];
  /** Suites about the queue itself, with tables of their own. */
  queueSuites: QueueSuiteName[];
  /** Jobs in the queue at most, in those suites. */
  queued: number;
  /** Pictures per round. */
  pictures: number;
  rounds: number;
  clients: number;
  workers: number;
  /** Pictures before anything is measured. */
  warmUpPictures: number;
  /** Requests of the probe with one client. */
  idleRequests: number;
  json: boolean;
  /** Where the services write CPU profiles when they stop; null for none. */
  profileFolder: string | null;
};

export const usage = `Measures Tintype next to a bare sharp loop.

  npm run bench -- [options]

  --suite small,web   suites to run (${[...suiteNames, ...queueSuiteNames].join(', ')}; all by default)
  --n 600             pictures per round
  --rounds 3          rounds; one is a burst for Tintype, then one for the bare loop
  --clients 64        clients at once, each with one picture under way
  --workers 1         worker processes
  --queued 100000     jobs in the queue at most, for backlog (fairness takes a tenth)
  --json              one JSON document instead of the table
  --profile <folder>  CPU profiles of the API and the workers (slows them down)
  --quick             60 pictures, one round, a short warm-up: only to see that it runs
`;

const warmUpPictures = 300;
const quickPictures = 60;
const quickQueued = 10_000;

/** Reads the arguments; null when help was asked for. Throws `InvalidOptions`. */
export function readOptions(args: string[]): BenchOptions | null {
  const values = parseOptions(args, {
    suite: { type: 'string' },
    n: { type: 'string' },
    rounds: { type: 'string' },
    clients: { type: 'string' },
    workers: { type: 'string' },
    queued: { type: 'string' },
    json: { type: 'boolean' },
    profile: { type: 'string' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  const quick = values.quick ?? false;
  return {
    ...parseSuites(values.suite ?? [...suiteNames, ...queueSuiteNames].join(',')),
    queued: parseCount('queued', values.queued ?? (quick ? quickQueued : 100_000)),
    pictures: parseCount('n', values.n ?? (quick ? quickPictures : 600)),
    rounds: parseCount('rounds', values.rounds ?? (quick ? 1 : 3)),
    clients: parseCount('clients', values.clients ?? 64),
    workers: parseCount('workers', values.workers ?? 1),
    warmUpPictures: quick ? quickPictures : warmUpPictures,
    idleRequests: quick ? 20 : 100,
    json: values.json ?? false,
    profileFolder: values.profile ?? null,
  };
}

/** How many pictures one side makes in a suite, all told. */
export function picturesPerSide({ warmUpPictures, rounds, pictures, idleRequests }: BenchOptions): number {
  return warmUpPictures + rounds * pictures + idleRequests;
}

function parseSuites(text: string): Pick<BenchOptions, 'suites' | 'queueSuites'> {
  const names = text.split(',');
  for (const name of names) {
    if (isSuiteName(name) || isQueueSuiteName(name)) continue;
    throw new InvalidOptions(`--suite ${name}: must be one of ${[...suiteNames, ...queueSuiteNames].join(', ')}`);
  }
  return { suites: names.filter(isSuiteName), queueSuites: names.filter(isQueueSuiteName) };
}

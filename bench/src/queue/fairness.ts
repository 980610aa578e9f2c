/** The suite `fairness`: who goes first, measured through the API and a real worker. */
import { startPictureUrls } from '../picture-urls.ts';
import { median } from '../statistics.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { measureLane, measureOvertaking, measureShares, type Overtaking, type Stage } from './queue-order.ts';
import { startQueueRig } from './queue-rig.ts';
import type { MeasuredRow, QueueSuiteResult } from './result.ts';
import { measureSlowHosts, type SlowHosts } from './slow-hosts.ts';
import type { QueueSuiteContext } from './suite-names.ts';

/** Different pictures; a job's bytes are its own all the same. */
const pictures = 60;
/** Of `--queued`, so many are put before those whose turn is looked at. */
const queuedShare = 0.1;
/** Fewer would be done before anything is measured. */
const leastBacklog = 1000;
/** Below this `--queued` the low lane is left out: its turn comes after 20 000 high jobs. */
const fewestForLow = 100_000;

/** Active jobs of a worker by default: FETCH_CONCURRENCY and WORKER_CONCURRENCY. */
const places = 32 + 8;
/** Within two jobs' time: two completions for each place. */
const mostJobsTime = 2;
const mostAhead = mostJobsTime * places;
/** What a lane stands behind the high one (packages/jobs/src/fair-order.ts), and what a worker holds. */
const mostBeforeNormal = 2000 + 2 * places;
const mostBeforeLow = 20_000 + 2 * places;
/** Of the jobs completed, in percent: an even share, within a tenth of it. */
const evenShare = { atLeast: 45, atMost: 55 };
const mostDelayMs = 5000;

/** Each part starts anew, with nothing in Redis. */
export async function measureFairness(context: QueueSuiteContext): Promise<QueueSuiteResult> {
  const { queued, progress, onStarted } = context;
  const cleanUp = createCleanUp();
  onStarted(cleanUp.run);
  try {
    progress.line('drawing the pictures of fairness');
    const urls = await startPictureUrls(['small'], pictures);
    cleanUp.add(urls.stop);
    const backlog = Math.max(leastBacklog, Math.ceil(queued * queuedShare));
    const warnings: string[] = [];
    let redisVersion = 'unknown';
    const onStage = async <Found>(label: string, measure: (stage: Stage) => Promise<Found>): Promise<Found> => {
      const own: CleanUp = createCleanUp();
      cleanUp.add(own.run);
      const rig = await startQueueRig([urls.host], queued, own);
      const onProgress = (done: number, total: number) => progress.bar(`fairness ${label}`, done, total);
      const found = await measure({ rig, takeUrls: (count) => urls.take('small', 'tintype', count), onProgress });
      warnings.push(...rig.warnings());
      redisVersion = rig.redisVersion;
      await own.run();
      progress.line(`fairness: measured ${label}`);
      return found;
    };

    const lone = await onStage('a lone job', (stage) => measureOvertaking(stage, backlog, 'B', 'normal'));
    const high = await onStage('a high job', (stage) => measureOvertaking(stage, backlog, 'A', 'high'));
    const share = await onStage('two tenants', (stage) => measureShares(stage, Math.ceil(backlog * 0.3)));
    const normal = await onStage('normal behind high', (stage) => measureLane(stage, 'normal', mostBeforeNormal));
    const low =
      queued < fewestForLow
        ? null
        : await onStage('low behind high', (stage) => measureLane(stage, 'low', mostBeforeLow));
    const slow = await measureSlowHosts(cleanUp);
    progress.line('fairness: measured slow hosts');
    return {
      suite: 'fairness',
      title: `one worker, ${backlog} jobs queued before, pictures of 640 × 480`,
      columns: ['median', 'worst'],
      rows: [
        ...overtakingRows('B’s only job waits', 'A’s jobs completed while', lone),
        ...overtakingRows('a high one waits', 'low jobs completed while', high),
        { label: 'B’s share of the completed, A came first, %', values: [share, null], digits: 1, goal: evenShare },
        ...laneRows('normal', normal, mostBeforeNormal),
        ...(low === null ? [] : laneRows('low', low, mostBeforeLow)),
        ...slowRows(slow),
      ],
      failures: {},
      warnings,
      redisVersion,
    };
  } finally {
    await cleanUp.run();
  }
}

function overtakingRows(what: string, label: string, { probes, jobMs }: Overtaking): MeasuredRow[] {
  const row = (of: string, digits: number, values: number[]) => ({
    ...{ label: of, digits },
    values: [median(values), Math.max(...values)],
  });
  return [
    {
      ...row(
        `${label} ${what}`,
        0,
        probes.map(({ ahead }) => ahead),
      ),
      goal: { atMost: mostAhead },
    },
    row(
      `ms for which ${what}`,
      0,
      probes.map(({ ms }) => ms),
    ),
    {
      ...row(
        `the same, in times that a job is active`,
        2,
        probes.map(({ ms }) => ms / jobMs),
      ),
      goal: { atMost: mostJobsTime },
    },
  ];
}

function laneRows(lane: string, { before, sharePercent }: { before: number; sharePercent: number }, most: number) {
  return [
    {
      label: `high jobs without end, before the first ${lane} one`,
      values: [before, null],
      digits: 0,
      goal: { atMost: most },
    },
    { label: `${lane} ones among the next, %`, values: [sharePercent, null], digits: 1, goal: { atLeast: 1 } },
  ];
}

function slowRows({ aloneMs, oneHostMs, manyHostsMs }: SlowHosts): MeasuredRow[] {
  const row = (label: string, values: number[]) => ({
    label: `ms of a good picture${label}`,
    values: [median(values), Math.max(...values)],
    digits: 0,
  });
  const goal = { atMost: Math.round(median(aloneMs) + mostDelayMs) };
  return [
    row(' alone', aloneMs),
    { ...row(' beside 60 silent URLs of one host', oneHostMs), goal },
    { ...row(' beside 60 silent hosts', manyHostsMs), goal },
  ];
}

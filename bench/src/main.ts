/** `npm run bench`: Tintype next to a bare sharp loop and peers. Ends with 1 when a job failed, 2 on wrong options. */
import { createProgress, optionsOrExit, type Progress } from '@tintype/testkit';
import { measureChildren } from './growth/children.ts';
import { measureEffects } from './growth/effects.ts';
import { measureImages } from './growth/images.ts';
import { measureKeep } from './growth/keep.ts';
import { measureRenditions } from './growth/renditions.ts';
import { measureResults } from './growth/results.ts';
import { measureSizes } from './growth/sizes.ts';
import { measureSoak } from './growth/soak.ts';
import type { GrowthSuiteName, MeasureGrowthSuite } from './growth/suite-names.ts';
import { measureUploads } from './growth/uploads.ts';
import { measureWorkers } from './growth/workers.ts';
import { describeMachine, readVersions } from './machine.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { findPeers } from './peers/installed-peers.ts';
import { onDemandNames, type PeerName } from './peers/names.ts';
import { startPictureUrls } from './picture-urls.ts';
import { writePlots } from './plots/draw.ts';
import { plotsOf } from './plots/plot.ts';
import { measureBacklog } from './queue/backlog.ts';
import { measureFairness } from './queue/fairness.ts';
import { measureLists } from './queue/lists.ts';
import type { QueueSuiteResult } from './queue/result.ts';
import type { MeasureQueueSuite, QueueSuiteName } from './queue/suite-names.ts';
import { type BenchResult, reportJson, reportText } from './report.ts';
import { measureSuite, type SuiteContext, type SuiteResult } from './rounds.ts';
import { measureSearch } from './search/search.ts';

/** Enough that a thumbnail of `small` comes again only after its figure of Redis was taken. */
const differentPictures = 1200;

/** Undone in reverse order, also when the run is broken off. */
const stopSteps: (() => Promise<void>)[] = [];

async function stopAll(): Promise<void> {
  for (let stop = stopSteps.pop(); stop !== undefined; stop = stopSteps.pop()) await stop();
}

const queueMeasures: Record<QueueSuiteName, MeasureQueueSuite> = {
  backlog: measureBacklog,
  fairness: measureFairness,
  lists: measureLists,
};

const growthMeasures: Record<GrowthSuiteName, MeasureGrowthSuite> = {
  ...{ sizes: measureSizes, workers: measureWorkers, results: measureResults, uploads: measureUploads },
  ...{
    images: measureImages,
    children: measureChildren,
    renditions: measureRenditions,
    effects: measureEffects,
    keep: measureKeep,
    soak: measureSoak,
    search: measureSearch,
  },
};

async function bench(options: BenchOptions): Promise<BenchResult> {
  const progress = createProgress(process.stderr);
  const machine = describeMachine();
  const onStarted = (stop: () => Promise<void>) => void stopSteps.push(stop);
  const peers = await findPeers(peersToLookFor(options));
  for (const line of peers.missing) progress.line(line);
  const context = { options, peers: peers.present, progress, onStarted };
  const suites = options.suites.length > 0 ? await measurePictures(context) : [];
  const queueSuites: QueueSuiteResult[] = [];
  for (const suite of options.queueSuites) {
    const result = await queueMeasures[suite]({ queued: options.queued, progress, onStarted });
    queueSuites.push(result);
    tellWarnings(progress, suite, result.warnings);
  }
  const growthSuites: QueueSuiteResult[] = [];
  for (const suite of options.growthSuites) {
    const result = await growthMeasures[suite]({ ...options, peers: peers.present, progress, onStarted });
    growthSuites.push(result);
    tellWarnings(progress, suite, result.warnings);
  }
  const [first] = [...suites, ...queueSuites, ...growthSuites];
  const versions = readVersions(first?.redisVersion ?? 'unknown');
  return { options, machine, versions, peerVersions: peers.versions, suites, queueSuites, growthSuites };
}

function peersToLookFor({ suites, growthSuites, peers }: BenchOptions): PeerName[] {
  if (suites.length > 0) return peers;
  const areOthersAsked = growthSuites.some((suite) => suite === 'images' || suite === 'renditions');
  return areOthersAsked ? peers.filter((name) => onDemandNames.includes(name)) : [];
}

async function measurePictures(context: Omit<SuiteContext, 'urls'>): Promise<SuiteResult[]> {
  const { options, progress, onStarted } = context;
  progress.line(`drawing the pictures of ${options.suites.join(', ')}`);
  const urls = await startPictureUrls(options.suites, options.quick ? 100 : differentPictures);
  onStarted(urls.stop);
  const suites: SuiteResult[] = [];
  for (const suite of options.suites) {
    const result = await measureSuite(suite, { ...context, urls });
    suites.push(result);
    tellWarnings(progress, suite, result.warnings);
  }
  return suites;
}

function tellWarnings(progress: Progress, suite: string, warnings: string[]): void {
  for (const warning of new Set(warnings)) progress.line(`${suite}: the service says ${warning}`);
}

const options = optionsOrExit(readOptions, usage);
let isBrokenOff = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isBrokenOff = true;
    void stopAll().finally(() => process.exit(1));
  });
}
try {
  const result = await bench(options);
  process.stdout.write(`${options.json ? reportJson(result) : reportText(result)}\n`);
  if (options.plotFolder !== null) {
    await writePlots(options.plotFolder, plotsOf([...result.queueSuites, ...result.growthSuites]));
  }
  if (
    [...result.suites, ...result.queueSuites, ...result.growthSuites].some(
      ({ failures }) => Object.keys(failures).length > 0,
    )
  )
    process.exitCode = 1;
} catch (err) {
  if (!isBrokenOff) throw err; // what was under way when everything was stopped
} finally {
  await stopAll();
}

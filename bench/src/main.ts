/** `npm run bench`: measures Tintype next to a bare sharp loop. Ends with 1 when any job failed, 2 on wrong options. */
import { createProgress, optionsOrExit } from '@tintype/testkit';
import { describeMachine, readVersions } from './machine.ts';
import { type BenchOptions, picturesPerSide, readOptions, usage } from './options.ts';
import { startPictureUrls } from './picture-urls.ts';
import { type BenchResult, reportJson, reportText } from './report.ts';
import { measureSuite, type SuiteResult } from './rounds.ts';

/** Undone in reverse order, also when the run is broken off. */
const stopSteps: (() => Promise<void>)[] = [];

async function stopAll(): Promise<void> {
  for (let stop = stopSteps.pop(); stop !== undefined; stop = stopSteps.pop()) await stop();
}

async function bench(options: BenchOptions): Promise<BenchResult> {
  const progress = createProgress(process.stderr);
  const machine = describeMachine();
  progress.line(`drawing the pictures of ${options.suites.join(', ')}`);
  const urls = await startPictureUrls(options.suites, picturesPerSide(options));
  stopSteps.push(urls.stop);
  const suites: SuiteResult[] = [];
  for (const suite of options.suites) {
    const context = { options, urls, progress, onStarted: (stop: () => Promise<void>) => void stopSteps.push(stop) };
    const result = await measureSuite(suite, context);
    suites.push(result);
    for (const warning of new Set(result.warnings)) progress.line(`${suite}: the service says ${warning}`);
  }
  return { options, machine, versions: readVersions(suites[0]?.redisVersion ?? 'unknown'), suites };
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
  if (result.suites.some(({ failures }) => Object.keys(failures).length > 0)) process.exitCode = 1;
} catch (err) {
  if (!isBrokenOff) throw err; // what was under way when everything was stopped
} finally {
  await stopAll();
}

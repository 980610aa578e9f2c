/** The worker process: reads its settings, takes jobs, and stops when it is told to. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createLogger,
  exitIfInvalid,
  keepHeapSmall,
  maskSettings,
  readRelease,
  reportReady,
  type StopStep,
  settingsOrExit,
  stopGracefully,
} from '@tintype/runtime';
import { readBuiltCommit, readConfig, readMisspelt, setThreadPoolSize, workerSettings } from './config.ts';
import { threadsFor } from './thread-pool.ts';

keepHeapSmall();
const settings = settingsOrExit(readConfig);
setThreadPoolSize(threadsFor({ concurrency: settings.WORKER_CONCURRENCY, longPictures: settings.LONG_PICTURES }));
const logger = createLogger({ name: 'worker', level: settings.LOG_LEVEL });
const release = await readRelease(new URL('../package.json', import.meta.url), 'services/worker', readBuiltCommit());
logger.info({ ...release, settings: maskSettings(workerSettings, settings) }, 'starting');
for (const { name, meant } of readMisspelt()) {
  logger.warn({ variable: name, meant }, `${name} is not a setting, and is left alone; was ${meant} meant?`);
}
let stopSteps: StopStep[] = [];
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: () => stopSteps });
const onStuck = async () => {
  logger.error({ limitMs: settings.WATCHDOG_MS }, 'jobs wait and none was taken: this process ends to be started anew');
  // Without ceremony when even giving jobs back does not work: their locks run out.
  const stopAll = async () => {
    for (const { stop } of stopSteps) await stop();
  };
  await Promise.race([stopAll(), sleep(settings.SHUTDOWN_MS)]).catch(() => null);
  process.exit(1);
};
// Not before: loading libvips starts the pool.
const { startWorker } = await import('./worker.ts');
const worker = await startWorker(settings, logger, release.version, onStuck).catch(exitIfInvalid);
stopSteps = worker.stopSteps;
logger.info({ worker: worker.name, healthPort: worker.healthPort }, 'ready');
reportReady();

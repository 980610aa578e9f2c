/** The worker process. */
import {
  createLogger,
  exitIfInvalid,
  maskSettings,
  reportReady,
  type StopStep,
  settingsOrExit,
  stopGracefully,
} from '@tintype/runtime';
import { readConfig, workerSettings } from './config.ts';
import { startWorker } from './worker.ts';

const settings = settingsOrExit(readConfig);
const logger = createLogger({ name: 'worker', level: settings.LOG_LEVEL });
logger.info({ settings: maskSettings(workerSettings, settings) }, 'starting');
let stopSteps: StopStep[] = [];
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: () => stopSteps });
const worker = await startWorker(settings, logger).catch(exitIfInvalid);
stopSteps = worker.stopSteps;
logger.info({ worker: worker.name, healthPort: worker.healthPort }, 'ready');
reportReady();

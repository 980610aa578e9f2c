/** The worker process. */
import { createLogger, InvalidSettings, maskSettings, reportReady, stopGracefully } from '@tintype/runtime';
import { readConfig, type WorkerSettings, workerSettings } from './config.ts';
import { startWorker } from './worker.ts';

function configOrExit(): WorkerSettings {
  try {
    return readConfig();
  } catch (err) {
    if (!(err instanceof InvalidSettings)) throw err;
    process.stderr.write(`${err.message}\n`);
    process.exit(2);
  }
}

const settings = configOrExit();
const logger = createLogger({ name: 'worker', level: settings.LOG_LEVEL });
logger.info({ settings: maskSettings(workerSettings, settings) }, 'starting');
const { healthPort, stopSteps } = await startWorker(settings, logger);
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: stopSteps });
logger.info({ healthPort }, 'ready');
reportReady();

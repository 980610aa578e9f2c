/** The search process: reads its settings, listens, and stops when it is told to. */
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
import { readBuiltCommit, readConfig, readMisspelt, searchSettings } from './config.ts';
import { startSearch } from './search.ts';

keepHeapSmall();
const settings = settingsOrExit(readConfig);
const logger = createLogger({ name: 'search', level: settings.LOG_LEVEL });
const release = await readRelease(new URL('../package.json', import.meta.url), 'services/search', readBuiltCommit());
logger.info({ ...release, settings: maskSettings(searchSettings, settings) }, 'starting');
for (const { name, meant } of readMisspelt()) {
  logger.warn({ variable: name, meant }, `${name} is not a setting, and is left alone; was ${meant} meant?`);
}
let stopSteps: StopStep[] = [];
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: () => stopSteps });
const search = await startSearch(settings, logger).catch(exitIfInvalid);
stopSteps = search.stopSteps;
logger.info({ port: search.port }, 'ready');
reportReady();

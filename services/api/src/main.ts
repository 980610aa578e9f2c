/** The API process. */
import { readFile } from 'node:fs/promises';
import {
  createLogger,
  exitIfInvalid,
  maskSettings,
  reportReady,
  type StopStep,
  settingsOrExit,
  stopGracefully,
} from '@tintype/runtime';
import { createApi } from './api.ts';
import { apiSettings, readConfig } from './config.ts';

const settings = settingsOrExit(readConfig);
const logger = createLogger({ name: 'api', level: settings.LOG_LEVEL });
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
logger.info({ settings: maskSettings(apiSettings, settings) }, 'starting');
let stopSteps: StopStep[] = [];
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: () => stopSteps });
const api = await createApi(settings, logger, version).catch(exitIfInvalid);
stopSteps = api.stopSteps;
await api.app.listen({ host: settings.HOST, port: settings.PORT });
if (settings.AUTH === 'off') logger.warn('AUTH is off: everybody who reaches this address may use it');
reportReady();

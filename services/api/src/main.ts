/** The API process. */
import { readFile } from 'node:fs/promises';
import { createLogger, InvalidSettings, maskSettings, reportReady, stopGracefully } from '@tintype/runtime';
import { createApi } from './api.ts';
import { type ApiSettings, apiSettings, readConfig } from './config.ts';

function configOrExit(): ApiSettings {
  try {
    return readConfig();
  } catch (err) {
    if (!(err instanceof InvalidSettings)) throw err;
    process.stderr.write(`${err.message}\n`);
    process.exit(2);
  }
}

const settings = configOrExit();
const logger = createLogger({ name: 'api', level: settings.LOG_LEVEL });
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
logger.info({ settings: maskSettings(apiSettings, settings) }, 'starting');
const { app, stopSteps } = await createApi(settings, logger, version);
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: stopSteps });
await app.listen({ host: settings.HOST, port: settings.PORT });
if (settings.AUTH === 'off') logger.warn('AUTH is off: everybody who reaches this address may use it');
reportReady();

/** The API process: reads its settings, listens, and stops when it is told to. */
import {
  createLogger,
  exitIfInvalid,
  InvalidSettings,
  keepHeapSmall,
  readRelease,
  reportReady,
  type StopStep,
  settingsOrExit,
  stopGracefully,
} from '@tintype/runtime';
import { createApi } from './api.ts';
import { readBuiltCommit, readConfig, readMisspelt, shownSettings } from './config.ts';

keepHeapSmall();
const settings = settingsOrExit(readConfig);
const logger = createLogger({ name: 'api', level: settings.LOG_LEVEL });
const release = await readRelease(new URL('../package.json', import.meta.url), 'services/api', readBuiltCommit());
logger.info({ ...release, settings: shownSettings(settings) }, 'starting');
for (const { name, meant } of readMisspelt()) {
  logger.warn({ variable: name, meant }, `${name} is not a setting, and is left alone; was ${meant} meant?`);
}
let stopSteps: StopStep[] = [];
stopGracefully({ logger, timeoutMs: settings.SHUTDOWN_MS, steps: () => stopSteps });
const api = await createApi(settings, logger, release).catch(exitIfInvalid);
stopSteps = api.stopSteps;
const { HOST: host, PORT: port } = settings;
await api.app.listen({ host, port }).catch((err) => exitIfInvalid(unusableAddress(err)));
if (settings.AUTH === 'off') logger.warn('AUTH is off: everybody who reaches this address may use it');
reportReady();

/** A port that is taken, or an address that this machine does not have, is a wrong setting. */
function unusableAddress(err: NodeJS.ErrnoException): Error {
  const isSetting = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(err.code ?? '');
  return isSetting ? new InvalidSettings(`HOST=${host} PORT=${port} cannot be listened on (${err.code}).`) : err;
}

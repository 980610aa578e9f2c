/** `npm run reconcile`: puts right what crashes have left in the Redis and the files that `npm start` uses. */
import { settingsOrExit } from '@tintype/runtime';
import { reconcileNow } from '@tintype/worker';
import { readConfig } from './config.ts';
import { runningRedisUrl } from './running-redis.ts';

const settings = settingsOrExit(readConfig);
const url = await runningRedisUrl(settings);
if (url !== null) await reconcileNow(url, settings.storage);

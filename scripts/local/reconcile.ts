/** `npm run reconcile`: puts right what crashes have left in the Redis and the files that `npm start` uses. */
import { privateRedisUrl } from '@tintype/embedded';
import { reconcileNow } from '@tintype/worker';
import { readConfig } from './config.ts';

const settings = readConfig();
const url = settings.redisUrl ?? (await privateRedisUrl(`${settings.DATA_DIR}/redis`));
if (url === null) {
  console.error(`No Redis is running on ${settings.DATA_DIR}: \`npm start\` starts it, or set REDIS_URL.`);
  process.exitCode = 1;
} else {
  await reconcileNow(url, settings.storage);
}

/** `npm run unreadable`: the jobs whose records cannot be read, of the Redis that `npm start` uses. */
import { privateRedisUrl } from '@tintype/embedded';
import { printUnreadable } from '@tintype/worker';
import { readConfig } from './config.ts';

const settings = readConfig();
const url = settings.redisUrl ?? (await privateRedisUrl(`${settings.DATA_DIR}/redis`));
if (url === null) {
  console.error(`No Redis is running on ${settings.DATA_DIR}: \`npm start\` starts it, or set REDIS_URL.`);
  process.exitCode = 1;
} else {
  await printUnreadable(url);
}

/** `npm run unreadable`: the jobs whose records cannot be read, of the Redis that `npm start` uses. */
import { printUnreadable } from '@tintype/worker';
import { readConfig } from './config.ts';
import { runningRedisUrl } from './running-redis.ts';

const url = await runningRedisUrl(readConfig());
if (url !== null) await printUnreadable(url);

/** `npm run unreadable`: the jobs whose records cannot be read, of the Redis that `npm start` uses. */
import { settingsOrExit } from '@tintype/runtime';
import { printUnreadable } from '@tintype/worker';
import { readConfig } from './config.ts';
import { runningRedisUrl } from './running-redis.ts';

const url = await runningRedisUrl(settingsOrExit(readConfig));
if (url !== null) await printUnreadable(url);

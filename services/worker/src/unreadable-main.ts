/** `node dist/unreadable-main.js`: prints the jobs whose records cannot be read. */
import { settingsOrExit } from '@tintype/runtime';
import { readConfig } from './config.ts';
import { printUnreadable } from './unreadable.ts';

const settings = settingsOrExit(readConfig);
await printUnreadable(settings.REDIS_URL);

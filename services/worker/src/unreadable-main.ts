/** `node dist/unreadable-main.js`: prints the jobs whose records cannot be read. */
import { settingsOrExit } from '@tintype/runtime';
import { readConfig } from './config.ts';
import { listUnreadable } from './unreadable.ts';

const settings = settingsOrExit(readConfig);
process.stdout.write(await listUnreadable(settings.REDIS_URL));

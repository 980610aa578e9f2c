/** `node dist/reconcile-main.js`: puts right what crashes have left. */
import { settingsOrExit } from '@tintype/runtime';
import { readConfig } from './config.ts';
import { reconcileNow } from './reconcile.ts';

const settings = settingsOrExit(readConfig);
await reconcileNow(settings.REDIS_URL, settings.STORAGE);

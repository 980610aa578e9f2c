/** The Redis that `npm start` uses, for commands beside it. */
import { privateRedisUrl } from '@tintype/embedded';
import type { LocalSettings } from './config.ts';

/** Null, and said so, when none runs: then the process ends with 1. */
export async function runningRedisUrl({ redisUrl, DATA_DIR }: LocalSettings): Promise<string | null> {
  const url = redisUrl ?? (await privateRedisUrl(`${DATA_DIR}/redis`));
  if (url === null) {
    console.error(`No Redis is running on ${DATA_DIR}: \`npm start\` starts it, or set REDIS_URL.`);
    process.exitCode = 1;
  }
  return url;
}

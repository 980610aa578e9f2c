/** Waits until an API's quotas are counted in Redis: the counter's connection may come a moment after the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, disconnect, tenantKeys } from '@tintype/redis';
import type { ApiUnderTest } from './api-under-test.ts';

/** An address that no test counts for. */
const remoteAddress = '198.51.100.250';

/** Also after trouble with Redis, when the API counts by itself for a while. */
export async function untilRedisCounts({ app, redis: { url } }: ApiUnderTest): Promise<void> {
  const redis = connectProducer(url);
  await new Promise((resolve) => redis.once('ready', resolve));
  const counter = `${tenantKeys.rateLimits}requests:ip:${remoteAddress}`;
  const before = Number(await redis.get(counter));
  for (;;) {
    await app.inject({ url: '/openapi.json', remoteAddress });
    if (Number(await redis.get(counter)) > before) break;
    await sleep(20);
  }
  await disconnect(redis);
}

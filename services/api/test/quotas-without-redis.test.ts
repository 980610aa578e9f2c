/** Quotas while Redis cannot count, because it is full, slow or gone: each process counts by itself, and nobody passes uncounted. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectProducer, disconnect, tenantKeys } from '@tintype/redis';
import { createLocalCounter } from '../src/http/quota-counter.ts';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';
import { untilRedisCounts } from './counting-redis.ts';

const quota = 20;
const key = 'a-key-with-a-secret-of-enough-length';
const [nobody, somebody] = [{}, { 'x-api-key': key }];
let api: ApiUnderTest;
let addresses = 0;
beforeEach(async () => {
  api = await startApiUnderTest({
    RATE_LIMIT: `requests=${quota}/600`,
    AUTH: 'required',
    API_KEYS: `pictures:${key}:thumbnails`,
  });
  await untilRedisCounts(api);
});
afterEach(() => api.stop());

/** How many of so many requests at once were not refused for the quota; each of them told what was left. */
async function passed(count: number, remoteAddress: string, headers: Record<string, string>): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => api.app.inject({ url: `/v1/palettes/${unknownId}`, remoteAddress, headers })),
  );
  for (const { headers: told } of answers) expect(told.ratelimit).toMatch(/^"requests";r=\d+;t=\d+$/);
  return answers.filter(({ statusCode }) => statusCode !== 429).length;
}

const setMemory = async (bytes: number) => {
  const redis = connectProducer(api.redis.url);
  await new Promise((resolve) => redis.once('ready', resolve));
  await redis.config('SET', 'maxmemory', bytes);
  await disconnect(redis);
};
const signal = (name: NodeJS.Signals) => async () => void process.kill(api.redis.pid, name);

describe.each([
  ['is full', () => setMemory(1), () => setMemory(0)],
  ['hangs', signal('SIGSTOP'), signal('SIGCONT')],
])('when Redis %s', (_name, begin, end) => {
  test('then a flood is counted all the same, and by Redis again when that answers', async () => {
    const address = `192.0.2.${++addresses}`;
    await begin();
    try {
      expect(await passed(10 * quota, address, nobody)).toBe(quota);
      expect(await passed(10 * quota, address, nobody)).toBe(0);
      expect(await passed(1, `203.0.113.${addresses}`, nobody)).toBe(1);
    } finally {
      await end();
    }
    await untilRedisCounts(api);
    // Redis has not heard of what was counted here: that is what an outage gives away, once.
    const before = await usedInRedis(`ip:${address}`);
    expect(await passed(3 * quota, address, nobody)).toBe(quota - before);
    expect(await usedInRedis(`ip:${address}`)).toBe(quota);
  });
});

/** Of a Redis that hung it is what it was asked for and nobody waited for. */
async function usedInRedis(holder: string): Promise<number> {
  const redis = connectProducer(api.redis.url);
  await new Promise((resolve) => redis.once('ready', resolve));
  const used = Number(await redis.get(`${tenantKeys.rateLimits}requests:${holder}`));
  await disconnect(redis);
  return used;
}

test('when Redis is gone, then keys and addresses are counted each by itself', async () => {
  process.kill(api.redis.pid, 'SIGKILL');
  expect(await passed(5 * quota, '192.0.2.100', somebody)).toBe(quota);
  expect(await passed(5 * quota, '192.0.2.100', nobody)).toBe(quota);
});

describe('the counter of a process', () => {
  const take = (counter: string) => ({ counter, wanted: 1, least: 1, quota: 2, windowMs: 1000 });

  test('when a window is over, then the next one begins; what is given back may be taken again', async () => {
    let nowMs = 0;
    const count = createLocalCounter(10, () => nowMs);
    expect(await count(take('a'))).toMatchObject({ taken: 1, remaining: 1, resetSeconds: 1 });
    const second = await count(take('a'));
    expect([second.taken, (await count(take('a'))).taken]).toEqual([1, 0]);
    await second.giveBack(1);
    expect([(await count(take('a'))).taken, (await count(take('a'))).taken]).toEqual([1, 0]);
    nowMs = 1000;
    expect(await count({ ...take('a'), wanted: 5 })).toMatchObject({ taken: 2, remaining: 0 });
    expect(await count({ ...take('b'), wanted: 5, least: 5 })).toMatchObject({ taken: 0, remaining: 2 });
  });

  test('when there are more than it keeps, then the longest known makes room, and the others stay counted', async () => {
    const count = createLocalCounter(3);
    for (const name of ['a', 'a', 'b', 'b', 'c', 'c', 'd']) await count(take(name));
    const left = [];
    for (const name of ['b', 'c', 'd', 'a']) left.push((await count(take(name))).taken);
    expect(left).toEqual([0, 0, 1, 1]);
  });
});

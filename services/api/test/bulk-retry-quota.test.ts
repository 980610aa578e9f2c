/** A bulk retry counts as so many jobs as it queues: what is left of the quota bounds it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { createThumbnailQueue, createThumbnailWorker } from '@tintype/jobs';
import { connectWorker, disconnect, keysOf, openShard } from '@tintype/redis';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';
import { untilRedisCounts } from './counting-redis.ts';

const keyOf = (name: string) => `${name}-with-a-secret-of-enough-length`;
const tenants = ['one', 'two', 'three', 'none'];
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({
    RATE_LIMIT: 'requests=1000/600,jobs=10/600',
    AUTH: 'required',
    API_KEYS: tenants.map((name) => `${name}:${keyOf(name)}:thumbnails`).join(','),
  });
  await untilRedisCounts(api);
  await failJobs('one', 14);
  await failJobs('two', 4);
  await failJobs('three', 14);
});
afterAll(() => api.stop());

/** Jobs that have failed with `source_status`. */
async function failJobs(tenant: string, count: number): Promise<void> {
  const redis = connectWorker(api.redis.url);
  const shard = openShard(redis);
  const ignore = () => undefined;
  const worker = createThumbnailWorker({
    shard,
    name: 'failing',
    version: '0.0.0',
    concurrency: 4,
    process: async () => {
      throw new Problem('source_status', { retryable: false });
    },
    events: { completed: ignore, failed: ignore, claimed: ignore, recovered: ignore, error: ignore },
  });
  worker.start();
  const queue = createThumbnailQueue(shard);
  for (let at = 0; at < count; at += 1) {
    await queue.add(newThumbnailId(), {
      tenant,
      source: { url: `https://example.org/${at}.jpg` },
      order: { renditions: [{ name: 'default', width: 9, height: 9, fit: 'cover', format: 'auto' }], colours: {} },
      priority: 'normal',
      expiresAtMs: Date.now() + 86_400_000,
    });
  }
  while ((await redis.zcard(keysOf(0).failures(tenant, 'source_status'))) < count) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await worker.close();
  await disconnect(redis);
}

const post = async (tenant: string, url: string, payload: Record<string, string> = {}) => {
  const answer = await api.app.inject({ method: 'POST', url, headers: { 'x-api-key': keyOf(tenant) }, payload });
  const left = /"jobs";r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1];
  return { status: answer.statusCode, body: answer.json(), left, told: answer.headers };
};
const retryAll = (tenant: string) => post(tenant, '/v1/thumbnails/retry?code=source_status');
const submit = (tenant: string) => post(tenant, '/v1/thumbnails', { url: 'https://example.org/new.jpg' });

test('when more have failed than the quota has left, then so many are retried, and then none', async () => {
  expect(await submit('one')).toMatchObject({ status: 202, left: '9' });
  const first = await retryAll('one');
  expect(first).toMatchObject({ status: 200, left: '0', body: { code: 'source_status', retried: 9, remaining: 5 } });
  const second = await retryAll('one');
  expect(second).toMatchObject({ status: 429, left: '0', body: { code: 'rate_limited' } });
  expect(second.body.detail).toBe('The quota is 10 jobs in 600 s.');
  expect(Number(second.told['retry-after'])).toBeGreaterThan(590);
  expect(second.told['ratelimit-policy']).toBe('"requests";q=1000;w=600, "jobs";q=10;w=600');
  expect((await submit('one')).status).toBe(429);
});

test('when fewer have failed, then only they are counted', async () => {
  expect(await retryAll('two')).toMatchObject({ status: 200, left: '6', body: { retried: 4, remaining: 0 } });
  expect(await retryAll('two')).toMatchObject({ status: 200, body: { retried: 0, remaining: 0 } });
  expect(await submit('two')).toMatchObject({ status: 202, left: '5' });
});

test('when several retry at once, then all together retry no more than the quota has', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => retryAll('three')));
  const retried = answers.map(({ body }) => body.retried ?? 0);
  expect(retried.reduce((sum, one) => sum + one, 0)).toBe(10);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
});

test('when nothing has failed, then a bulk retry costs no job', async () => {
  expect(await retryAll('none')).toMatchObject({ status: 200, body: { retried: 0, remaining: 0 } });
  expect(await submit('none')).toMatchObject({ status: 202, left: '9' });
});

/** The keys that sign links and tokens, when nobody has set any: all processes agree, whatever happens to Redis. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectWorker, createWithDeadline, disconnect, openTenantStore, type RedisConnection } from '@tintype/redis';
import { startTestRedis } from '@tintype/testkit';
import { createSigningKeys } from '../src/http/auth/signing-keys.ts';

let server: Awaited<ReturnType<typeof startTestRedis>>;
let redis: RedisConnection;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectWorker(server.url);
  await redis.ping();
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
});

/** The names of the keys of a process. */
function startProcess() {
  const keys = createSigningKeys([], openTenantStore(redis), createWithDeadline(redis), { comparedEveryMs: 0 });
  return async () => (await keys('link')).map(({ id }) => id);
}

test('when Redis loses its data, then the next process signs with the key of those before it', async () => {
  const [one, other] = [startProcess(), startProcess()];
  const [key] = await one();
  expect(await other()).toEqual([key]);
  await redis.flushall();
  await one();
  await redis.ping();
  expect(await startProcess()()).toEqual([key]);
});

test('when another process has put its own key there first, then all sign with that one and verify with both', async () => {
  const early = startProcess();
  const [lost] = await early();
  await redis.flushall();
  const [found] = await startProcess()();
  expect(found).not.toBe(lost);
  while ((await early())[0] !== found) await redis.ping();
  expect(await early()).toEqual([found, lost]);
});

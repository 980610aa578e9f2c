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

test('when another process has put its own key there first, then all sign with that one at once and verify with both', async () => {
  const early = startProcess();
  const [lost] = await early();
  await redis.flushall();
  const [found] = await startProcess()();
  expect(found).not.toBe(lost);
  expect(await early()).toEqual([found, lost]);
});

test('when many ask while the keys are compared, then none is told a key that is lost', async () => {
  const early = startProcess();
  const [lost] = await early();
  await redis.flushall();
  const [found] = await startProcess()();
  const told = await Promise.all(Array.from({ length: 10 }, () => early()));
  expect(told).toEqual(told.map(() => [found, lost]));
});

test('when Redis is full, then a process that starts finds the key, and one that knows it keeps it', async () => {
  const early = startProcess();
  const [key] = await early();
  await redis.config('SET', 'maxmemory', '1');
  expect(await startProcess()()).toEqual([key]);
  await redis.del(openTenantStore(redis).keys.signingKey);
  await expect(startProcess()()).rejects.toMatchObject({ code: 'dependency_unavailable' });
  expect((await early())[0]).toBe(key);
  await redis.config('SET', 'maxmemory', '0');
  await early();
  expect(await startProcess()()).toEqual([key]);
});

test('when Redis hangs, then a process goes on with the key that it knows', async () => {
  const early = startProcess();
  const known = await early();
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect(await early()).toEqual(known);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
});

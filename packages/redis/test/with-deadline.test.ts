/** A request path must never hang on Redis: away, hung or full is a problem within a bounded time. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { startTestRedis } from '@tintype/testkit';
import {
  connectProducer,
  connectWorker,
  createWithDeadline,
  disconnect,
  findServerWeaknesses,
  type RedisConnection,
} from '../src/index.ts';

type TestRedis = Awaited<ReturnType<typeof startTestRedis>>;
let server: TestRedis;
let redis: RedisConnection;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectProducer(server.url);
  await new Promise((resolve) => redis.once('ready', resolve));
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
});

const unavailable = expect.objectContaining({ code: 'dependency_unavailable', status: 503, retryAfterSeconds: 2 });

test('when Redis answers, then the value passes through', async () => {
  expect(await createWithDeadline(redis)(() => redis.ping())).toBe('PONG');
});

test('when the work itself has a problem or a defect, then it passes through', async () => {
  const withDeadline = createWithDeadline(redis);
  await expect(withDeadline(() => Promise.reject(new Problem('not_found')))).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(withDeadline(() => Promise.reject(new TypeError('defect')))).rejects.toThrow(TypeError);
});

test('when there is no Redis at all, then it is said at once, without trying', async () => {
  const nowhere = connectProducer('redis://127.0.0.1:1');
  const withDeadline = createWithDeadline(nowhere);
  let tried = false;
  const run = withDeadline(async () => {
    tried = true;
  });
  await expect(run).rejects.toEqual(unavailable);
  expect(tried).toBe(false);
  await disconnect(nowhere);
});

test('when Redis hangs, then a command ends as a problem, and works again afterwards', async () => {
  const withDeadline = createWithDeadline(redis);
  process.kill(server.pid, 'SIGSTOP');
  try {
    await expect(withDeadline(() => redis.ping())).rejects.toEqual(unavailable);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  for (;;) if (await withDeadline(() => redis.ping()).catch(() => null)) break;
});

test('when Redis is full, then a write is a problem and a read still works', async () => {
  const withDeadline = createWithDeadline(redis);
  await redis.config('SET', 'maxmemory', '1');
  await expect(withDeadline(() => redis.set('key', 'value'))).rejects.toEqual(unavailable);
  expect(await withDeadline(() => redis.get('key'))).toBeNull();
  await redis.config('SET', 'maxmemory', '0');
});

test('when the server would lose jobs, then each weakness is named with its mend', async () => {
  const worker = connectWorker(server.url);
  await worker.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await findServerWeaknesses(worker)).toEqual([
    expect.stringContaining('appendonly is off'),
    expect.stringContaining('maxmemory-policy is allkeys-lru'),
  ]);
  await worker.config('SET', 'maxmemory-policy', 'noeviction');
  await worker.config('SET', 'appendonly', 'yes');
  await worker.config('SET', 'appendfsync', 'no');
  expect(await findServerWeaknesses(worker)).toEqual([expect.stringContaining('appendfsync is no')]);
  await worker.config('SET', 'appendfsync', 'always');
  expect(await findServerWeaknesses(worker)).toEqual([]);
  await disconnect(worker);
});

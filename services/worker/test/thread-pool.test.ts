/** The pool in which libvips works and files are read: as many threads as there may be pictures, and some for files. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeTestFolder, startService, startTestRedis } from '@tintype/testkit';

let redis: Awaited<ReturnType<typeof startTestRedis>>;
let folder: string;
beforeAll(async () => {
  [redis, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
});
afterAll(() => redis.stop());

const testOnLinux = process.platform === 'linux' ? test : test.skip;

function poolOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).filter((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').startsWith('libuv-worker'))
    .length;
}

testOnLinux.each([
  [{ WORKER_CONCURRENCY: '6', LONG_PICTURES: '3' }, 13],
  [{ WORKER_CONCURRENCY: '6', UV_THREADPOOL_SIZE: '5' }, 5],
])('when a worker is started with %j, then its pool has %i threads', async (env, threads) => {
  const worker = await startService('worker', { REDIS_URL: redis.url, STORAGE: `disk:${folder}`, ...env });
  expect(poolOf(worker.pid)).toBe(threads);
  worker.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
});

/** A private server and the process that started it: together in death, apart in the terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startPrivatePostgres, startRedis } from '../src/index.ts';
import { askPostgres } from './ask-postgres.ts';
import { askRedis } from './ask-redis.ts';
import { untilGone } from './process-state.ts';

const script = join(import.meta.dirname, 'parent-process.ts');
let folder: string;
let parents: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  parents = [];
});

afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** `nextLine` reads what the process prints; `detached` gives it a process group, as a terminal gives a job. */
async function startParent(dataDir: string, kind: 'redis' | 'postgres' = 'redis') {
  const parent = spawn(process.execPath, ['--conditions=source', script, kind, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(parent);
  const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const server: { pid: number; url: string } = JSON.parse(await nextLine());
  return { parent, server, nextLine };
}

async function kill(parent: ChildProcess): Promise<void> {
  const exit = once(parent, 'exit');
  parent.kill('SIGKILL');
  await exit;
}

test('when the parent is killed, Redis ends too, keeps its data, and the folder is free', async () => {
  const { parent, server: redis } = await startParent(folder);
  await askRedis(redis.url, 'SET key kept');
  await kill(parent);
  const next = await startRedis({ dataDir: folder }); // at once: it waits for the one that is ending
  await untilGone(redis.pid);
  expect(await askRedis(next.url, 'GET key')).toBe('$4\r\nkept');
  await next.stop();
});

test('when the parent is killed while Redis hangs, Redis is killed', async () => {
  const { parent, server: redis } = await startParent(folder);
  process.kill(redis.pid, 'SIGSTOP');
  await kill(parent);
  await untilGone(redis.pid);
});

test('when the parent is killed, the next start removes the socket folder that a long path needed', async () => {
  const dataDir = join(folder, 'd'.repeat(120));
  const { parent, server: redis } = await startParent(dataDir);
  process.kill(redis.pid, 'SIGSTOP'); // so that Redis cannot tidy up itself
  await kill(parent);
  process.kill(redis.pid, 'SIGKILL');
  await untilGone(redis.pid);
  const next = await startRedis({ dataDir, persistent: false });
  expect(await askRedis(next.url, 'PING')).toBe('+PONG');
  await expect(lstat(dirname(redis.url))).rejects.toMatchObject({ code: 'ENOENT' });
  await next.stop();
});

test("when the terminal interrupts the parent's process group, Redis hears nothing of it", async () => {
  const { parent, server: redis, nextLine } = await startParent(folder);
  process.kill(-Number(parent.pid), 'SIGINT');
  expect(await nextLine()).toBe('interrupted');
  await kill(parent);
  await untilGone(redis.pid);
  const log = await readFile(join(folder, 'redis.log'), 'utf8');
  expect(log).toContain('SIGTERM');
  expect(log).not.toContain('SIGINT');
});

test('when the parent is killed, PostgreSQL ends too with its connections, keeps its data, and the folder is free', async () => {
  const { parent, server: postgres } = await startParent(folder, 'postgres');
  await askPostgres(postgres.url, 'CREATE TABLE kept AS SELECT 7 AS it');
  const sleeper = expect(askPostgres(postgres.url, 'SELECT pg_sleep(600)')).rejects.toThrow();
  await kill(parent);
  const next = await startPrivatePostgres({ dataDir: folder, durable: false }); // at once
  await Promise.all([untilGone(postgres.pid), sleeper]);
  expect(await askPostgres(next.url, 'SELECT it FROM kept')).toBe('7');
  await next.stop();
});

test('when the parent is killed while PostgreSQL hangs, PostgreSQL is killed', async () => {
  const { parent, server: postgres } = await startParent(folder, 'postgres');
  process.kill(postgres.pid, 'SIGSTOP');
  await kill(parent);
  await untilGone(postgres.pid);
});

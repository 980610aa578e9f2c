/** The private Redis as its users see it: it answers, it keeps what it took, and it has its folder for itself. */
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedRedis, ServerNotStarted, type StartRedisOptions, startRedis } from '../src/index.ts';
import { askRedis } from './ask-redis.ts';
import { isRunning, untilGone } from './process-state.ts';

let folder: string;
let started: EmbeddedRedis[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((redis) => redis.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<StartRedisOptions> = {}): Promise<EmbeddedRedis> {
  const redis = await startRedis({ dataDir: folder, persistent: false, ...options });
  started.push(redis);
  return redis;
}

const refusal = { name: 'ServerNotStarted', reason: 'data_folder_in_use' };

describe('a start', () => {
  test('resolves when Redis answers, and says what runs', async () => {
    const redis = await start();
    expect(await askRedis(redis.url, 'PING')).toBe('+PONG');
    expect(await askRedis(redis.url, 'INFO server')).toContain(`process_id:${redis.pid}\r\n`);
    expect(await askRedis(redis.url, 'INFO server')).toContain(`_version:${redis.version}\r\n`);
    expect(['path', 'debian-package']).toContain(redis.origin);
  });

  test('opens no port, and its socket is for this user alone', async () => {
    const redis = await start();
    expect(await askRedis(redis.url, 'CONFIG GET port')).toContain('\r\n0');
    expect((await lstat(redis.url)).mode & 0o777).toBe(0o700);
  });

  test('makes the data folder when there is none', async () => {
    const redis = await start({ dataDir: join(folder, 'a folder/with "quotes" and späces') });
    expect(await askRedis(redis.url, 'PING')).toBe('+PONG');
  });

  test('sets the memory limit, and refuses writes above it instead of forgetting', async () => {
    const redis = await start({ maxMemoryBytes: 1 });
    expect(await askRedis(redis.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await askRedis(redis.url, 'SET key value')).toMatch(/^-OOM/);
  });

  test("that fails carries the server's own words", async () => {
    const failure = await start({ maxMemoryBytes: -1.5 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerNotStarted);
    expect(failure).toMatchObject({ reason: 'ended', message: expect.stringMatching(/memory value.*redis\.log/) });
  });
});

describe('data', () => {
  test('survives stop and start when it is persistent', async () => {
    const first = await start({ persistent: true });
    expect(await askRedis(first.url, 'CONFIG GET appendfsync')).toContain('always');
    await askRedis(first.url, 'SET key kept');
    await first.stop();
    const second = await start({ persistent: true });
    expect(await askRedis(second.url, 'GET key')).toBe('$4\r\nkept');
  });

  test('survives a killed Redis, which is told to `onExit`; what it leaves behind blocks no start', async () => {
    const exit = Promise.withResolvers<number | null>();
    const first = await start({ persistent: true, onExit: exit.resolve });
    await askRedis(first.url, 'SET key kept');
    process.kill(first.pid, 'SIGKILL');
    expect(await exit.promise).toBeNull();
    expect((await lstat(first.url)).isSocket()).toBe(true);
    const second = await start({ persistent: true });
    expect(await askRedis(second.url, 'GET key')).toBe('$4\r\nkept');
  });

  test('is all there when the start resolves, however long it takes to read', async () => {
    const names = Array.from({ length: 200_000 }, (_, index) => String(index).padStart(6, '0'));
    const log = names.map((name) => `*3\r\n$3\r\nSET\r\n$6\r\n${name}\r\n$1\r\n1\r\n`);
    await writeFile(join(folder, 'appendonly.aof'), log.join('')); // the name of Redis 6, which later ones adopt
    const redis = await start({ persistent: true });
    expect(await askRedis(redis.url, 'DBSIZE')).toBe(':200000');
  });

  test('is never written when it is not persistent', async () => {
    const redis = await start();
    await askRedis(redis.url, 'SET key lost');
    await redis.stop();
    expect((await readdir(folder)).sort()).toEqual(['redis.lock', 'redis.log']);
  });
});

describe('a stop', () => {
  test('resolves when the process is gone, may be repeated, and is no exit to be told', async () => {
    const exits: (number | null)[] = [];
    const redis = await start({ onExit: (code) => exits.push(code) });
    await Promise.all([redis.stop(), redis.stop()]);
    expect(isRunning(redis.pid)).toBe(false);
    await redis.stop();
    expect(exits).toEqual([]);
  });

  test('ends a Redis that hangs', async () => {
    const redis = await start();
    process.kill(redis.pid, 'SIGSTOP');
    await redis.stop();
    await untilGone(redis.pid);
  });
});

describe('the data folder', () => {
  test('is refused to a second start while the first lives', async () => {
    const first = await start();
    const message = expect.stringContaining(`Another Redis (process ${first.pid}) is running on ${folder}`);
    await expect(start()).rejects.toMatchObject({ ...refusal, message });
    expect(await askRedis(first.url, 'PING')).toBe('+PONG');
  });

  test('is given to one of several starts at the same time', async () => {
    const results = await Promise.allSettled([start(), start(), start()]);
    const refused = { status: 'rejected', reason: expect.objectContaining(refusal) };
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([refused, refused]);
    expect(await askRedis(started[0]?.url ?? '', 'PING')).toBe('+PONG');
    expect(started).toHaveLength(1);
  });

  test('is free again after the first has stopped', async () => {
    const first = await start();
    await first.stop();
    const second = await start();
    expect(await askRedis(second.url, 'PING')).toBe('+PONG');
  });

  test('may hold files of the same names that are no socket and no lock', async () => {
    await Promise.all(['redis.sock', 'redis.lock'].map((name) => writeFile(join(folder, name), '1')));
    const redis = await start();
    expect(await askRedis(redis.url, 'PING')).toBe('+PONG');
  });
});

describe('a data folder whose path is too long for a socket', () => {
  let deep: string;

  beforeEach(async () => {
    deep = join(folder, 'd'.repeat(120), 'e'.repeat(120));
    await mkdir(deep, { recursive: true });
  });

  test('gets its socket elsewhere, in a folder for this user alone that is removed at the end', async () => {
    const redis = await start({ dataDir: deep });
    expect(Buffer.byteLength(redis.url)).toBeLessThanOrEqual(100);
    expect((await lstat(dirname(redis.url))).mode & 0o777).toBe(0o700);
    await redis.stop();
    await expect(lstat(dirname(redis.url))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await readdir(deep)).sort()).toEqual(['redis.lock', 'redis.log']);
  });

  test('is refused to a second start as well', async () => {
    const first = await start({ dataDir: deep });
    await expect(start({ dataDir: deep })).rejects.toMatchObject(refusal);
    expect(await askRedis(first.url, 'PING')).toBe('+PONG');
  });
});

/** The private PostgreSQL as its users see it: it answers, it keeps what it took, and it has its folder for itself. */
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedPostgres, type StartPostgresOptions, startPrivatePostgres } from '../src/index.ts';
import { askPostgres } from './ask-postgres.ts';
import { isRunning, untilGone } from './process-state.ts';

let folder: string;
let started: EmbeddedPostgres[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((postgres) => postgres.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<StartPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startPrivatePostgres({ dataDir: folder, durable: false, ...options });
  started.push(postgres);
  return postgres;
}

const socketOf = ({ url }: EmbeddedPostgres) => join(new URL(url).searchParams.get('host') ?? '', '.s.PGSQL.5432');

describe('when PostgreSQL is started', () => {
  test('then it answers on a socket of this user alone, in UTF-8, and says what runs', async () => {
    const postgres = await start({ dataDir: join(folder, 'a folder/with "quotes", commas and späces?') });
    const { url } = postgres;
    expect(await askPostgres(url, 'SHOW server_version')).toMatch(new RegExp(`^${postgres.version}\\b`));
    expect(await askPostgres(url, 'SHOW listen_addresses')).toBe('');
    expect(await askPostgres(url, "SELECT lower('ÄΣ') || ('B' < 'a')")).toBe('äσtrue');
    await askPostgres(url, 'CREATE EXTENSION pg_trgm');
    expect(await askPostgres(url, "SELECT similarity('ärger', 'ärger')")).toBe('1');
    const socket = await lstat(socketOf(postgres));
    expect(socket.isSocket()).toBe(true);
    expect(socket.mode & 0o077).toBe(0);
    expect(socket.uid).not.toBe(0); // also where the tests run as root
  });

  test('then what it commits is on the disk, unless that is not asked for', async () => {
    const progress: string[] = [];
    const { url, stop } = await start({ durable: true, onProgress: (line) => progress.push(line) });
    expect(await askPostgres(url, 'SHOW fsync')).toBe('on');
    expect(progress).toEqual([expect.stringMatching(/^Preparing PostgreSQL .* in .*\/cluster \(once\)\.$/)]);
    await stop();
    const quick = await start();
    expect(await askPostgres(quick.url, 'SHOW fsync')).toBe('off');
  });

  test('then its stop ends it with its connections, is no exit to be told, and what was written is there again', async () => {
    const exits: (number | null)[] = [];
    const first = await start({ onExit: (code) => exits.push(code) });
    await askPostgres(first.url, 'CREATE TABLE kept AS SELECT 7 AS it');
    const sleeper = expect(askPostgres(first.url, 'SELECT pg_sleep(600)')).rejects.toThrow();
    while (
      (await askPostgres(first.url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) !== '1'
    );
    await Promise.all([first.stop(), first.stop()]);
    await sleeper;
    expect(isRunning(first.pid)).toBe(false);
    expect(exits).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['cluster', 'postgres.log']);
    const second = await start();
    expect(await askPostgres(second.url, 'SELECT it FROM kept')).toBe('7');
  });
});

describe('when PostgreSQL is killed', () => {
  test('then that is told, and a restart at the same url has what was committed', async () => {
    const exit = Promise.withResolvers<number | null>();
    const postgres = await start({ onExit: exit.resolve });
    await askPostgres(postgres.url, 'CREATE TABLE kept AS SELECT 7 AS it');
    process.kill(postgres.pid, 'SIGKILL');
    expect(await exit.promise).toBeNull();
    const pid = await postgres.restart();
    expect(await askPostgres(postgres.url, 'SELECT it FROM kept')).toBe('7');
    await postgres.stop();
    expect(isRunning(pid)).toBe(false);
  });

  test('then what it leaves blocks no start, although its number is that of another process by now', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await untilGone(first.pid);
    const leftovers = [join(folder, 'cluster/postmaster.pid'), `${socketOf(first)}.lock`];
    for (const file of leftovers) {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(/^\d+/, String(process.pid)));
    }
    const second = await start();
    expect(await askPostgres(second.url, 'SELECT 1')).toBe('1');
  });
});

describe('when the data folder', () => {
  test('has a server already, then a second start is refused in one line', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      reason: 'data_folder_in_use',
      message: expect.stringMatching(
        new RegExp(`^Another PostgreSQL \\(process ${first.pid}\\) is running on ${folder}.*$`),
      ),
    });
    expect(await askPostgres(first.url, 'SELECT 1')).toBe('1');
  });

  test('is given to several first starts at once, then one of them has it', async () => {
    const results = await Promise.allSettled([start(), start(), start()]);
    const refused = { status: 'rejected', reason: expect.objectContaining({ reason: 'data_folder_in_use' }) };
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([refused, refused]);
    expect(started).toHaveLength(1);
    expect(await askPostgres(started[0]?.url ?? '', 'SELECT 1')).toBe('1');
  });

  test('is of another major version, then one line names both and says what to do, and nothing is touched', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(folder, 'cluster/PG_VERSION'), '9\n');
    const before = await readdir(join(folder, 'cluster'));
    await expect(start()).rejects.toMatchObject({
      reason: 'wrong_version',
      message: expect.stringMatching(
        new RegExp(`^${folder}/cluster is of PostgreSQL 9, and here is ${first.version}.*move that folder away.*$`),
      ),
    });
    expect(await readdir(join(folder, 'cluster'))).toEqual(before);
  });

  test('holds something else, or cannot be made, then one line says so', async () => {
    await writeFile(join(folder, 'cluster'), 'a file of somebody');
    await expect(start()).rejects.toMatchObject({
      reason: 'folder_unusable',
      message: expect.stringMatching(/^.*ENOTDIR.*$/),
    });
    await expect(start({ dataDir: join(folder, 'cluster/below') })).rejects.toMatchObject({
      reason: 'folder_unusable',
      message: `PostgreSQL cannot use ${folder}/cluster/below: ENOTDIR.`,
    });
    expect(await readFile(join(folder, 'cluster'), 'utf8')).toBe('a file of somebody');
  });

  test('has a path too long for a socket, then that is elsewhere, for this user alone, and goes at the end', async () => {
    const dataDir = join(folder, 'd'.repeat(120), 'e'.repeat(120));
    const postgres = await start({ dataDir });
    const place = dirname(socketOf(postgres));
    expect((await lstat(place)).mode & 0o777).toBe(0o700);
    expect(await askPostgres(postgres.url, 'SELECT 1')).toBe('1');
    await expect(start({ dataDir })).rejects.toMatchObject({ reason: 'data_folder_in_use' });
    await postgres.stop();
    await expect(lstat(place)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

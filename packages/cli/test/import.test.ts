/** `tintype import` against a whole Tintype: API, worker, search service and PostgreSQL. */
import { once } from 'node:events';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fits, type LibraryItem, LibraryItemList } from '@tintype/contracts';
import { type EmbeddedPostgres, startPrivatePostgres } from '@tintype/embedded';
import {
  flatPng,
  freePort,
  makeTestFolder,
  photograph,
  type ServiceUnderTest,
  spawnWithTests,
  startService,
  startTintype,
  stoppedWithTests,
  type Tintype,
} from '@tintype/testkit';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const key = 'a-key-that-nobody-may-read';

let folder: string;
let postgres: EmbeddedPostgres;
let search: ServiceUnderTest;
let tintype: Tintype;
beforeAll(async () => {
  folder = await makeTestFolder();
  postgres = stoppedWithTests(await startPrivatePostgres({ dataDir: join(folder, 'postgres'), durable: false }));
  const port = await freePort();
  const apiEnv = { SEARCH_URL: `http://127.0.0.1:${port}`, SEARCH_TIMEOUT_MS: '30000' };
  [search, tintype] = await Promise.all([
    startService('search', { DATABASE_URL: postgres.url, SEARCH_PORT: String(port), NODE_ENV: 'test' }),
    startTintype({ apiEnv }),
  ]);
});
afterAll(async () => {
  await tintype.stop();
  search.kill('SIGTERM');
  await search.exited;
  await postgres.stop();
  await rm(folder, { recursive: true });
});

/** Begins the command in the folder of the tests. */
function begin(args: string[]) {
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  const child = spawnWithTests(process.execPath, [...flags, main, 'import', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, TINTYPE_URL: tintype.url, TINTYPE_KEY: key },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      said[name] += piece;
    });
  }
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...said }));
  return { child, ended };
}

const run = (args: string[]) => begin(args).ended;
const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));

async function itemsNamed(beginning: string): Promise<LibraryItem[]> {
  const answer: unknown = await (await fetch(`${tintype.url}/v1/library/items?limit=100`)).json();
  if (!fits(LibraryItemList, answer)) throw new Error('no list of items');
  return answer.data.filter(({ name }) => name.startsWith(beginning));
}

/** So many pictures, each another one. */
async function makePictures(name: string, count: number): Promise<void> {
  await mkdir(join(folder, name));
  for (let n = 0; n < count; n++) {
    const colour = `#${(n * 37_123 + 4096).toString(16).padStart(6, '0')}`;
    await writeFile(join(folder, name, `${name}-${n}.png`), await flatPng(colour, 40, 30));
  }
}

/** Resolves once so many pictures are written down as sent. */
async function untilSent(count: number, report: string): Promise<void> {
  for (;;) {
    const text = await readFile(join(folder, `${report}.journal`), 'utf8').catch(() => '');
    if (text.split('\n').length - 2 >= count) return;
    await sleep(2);
  }
}

test('when a folder is imported, then its pictures are found by their captions, and the report says of each other file why not', async () => {
  await mkdir(join(folder, 'mixed/deep/other'), { recursive: true });
  const photo = await photograph(200, 150);
  const files: [string, Buffer | string][] = [
    ['cat.jpg', photo],
    ['deep/dog.png', await flatPng('#884422', 40, 30)],
    ['deep/other/dog.png', await flatPng('#224488', 40, 30)],
    ['cut.jpg', photo.subarray(0, 2000)],
    ['notes.txt', 'no picture'],
    ['empty.jpg', ''],
    [
      'captions.csv',
      '\ufefffile;caption;tags\r\ncat.jpg;A cat on a bench;animal\r\nempty.jpg;nothing;\r\ngone.jpg;x;\r\n',
    ],
  ];
  for (const [name, content] of files) await writeFile(join(folder, 'mixed', name), content);
  await writeFile(join(folder, 'secret.png'), await flatPng('#000000', 40, 30));
  await symlink(join(folder, 'secret.png'), join(folder, 'mixed/outside.png'));
  await symlink(join(folder, 'mixed/deep'), join(folder, 'mixed/again'));

  const args = ['mixed', '--captions', 'mixed/captions.csv', '--tags', 'imported', '--report', 'mixed.json'];
  const { code, stdout, stderr } = await run(args);
  const report = await json('mixed.json');
  expect(code).toBe(1);
  expect(report.counts).toEqual({ found: 7, done: 2, already: 0, pending: 0, failed: 3, skipped: 2, not_sent: 0 });
  const inShort = (rows: { file: string; code: string }[]) => rows.map((row) => `${row.file} ${row.code}`).sort();
  expect(inShort(report.failed)).toEqual([
    'cut.jpg corrupt_image',
    'deep/other/dog.png conflict',
    'empty.jpg not_an_image',
  ]);
  expect(inShort(report.skipped)).toEqual(['notes.txt not_an_image', 'outside.png link_outside']);
  expect(report.captions_without_file).toEqual(['gone.jpg']);
  expect(stdout).toContain('7 files: 2 done, 3 failed, 2 no pictures.');
  const [cat] = await itemsNamed('cat.jpg');
  expect(cat).toMatchObject({ status: 'ready', caption: 'A cat on a bench', tags: ['imported', 'animal'] });
  const found = await (await fetch(`${tintype.url}/v1/search?query=cat+bench`)).json();
  expect(found).toMatchObject({ total: 1, data: [{ name: 'cat.jpg' }] });
  const written = [stdout, stderr, JSON.stringify(report), await readFile(join(folder, 'mixed.json.journal'), 'utf8')];
  expect(written.join()).not.toContain(key);
});

test('when what failed was mended, then the same command does that, and nothing twice', async () => {
  await writeFile(join(folder, 'mixed/cut.jpg'), await photograph(200, 150, 2));
  await rm(join(folder, 'mixed/empty.jpg'));
  await rm(join(folder, 'mixed/deep/other'), { recursive: true });
  const before = await itemsNamed('');
  const args = ['mixed', '--captions', 'mixed/captions.csv', '--tags', 'imported', '--report', 'mixed.json'];
  expect(await run(args)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('3 done (2 of them there already)'),
  });
  const after = await itemsNamed('');
  expect(after.map(({ name, status }) => [name, status])).toEqual([
    ['cut.jpg', 'ready'],
    ...before.filter(({ name }) => name !== 'cut.jpg').map(({ name }) => [name, 'ready']),
  ]);
  await expect(readFile(join(folder, 'mixed.json.journal'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('when a name is there already, then it is done if that is the same picture, else a conflict', async () => {
  await writeFile(join(folder, 'mixed/deep/dog.png'), await flatPng('#00ff00', 40, 30));
  await writeFile(join(folder, 'list.txt'), '\ufeffcat.jpg\r\ndeep/dog.png\r\n\r\n./cat.jpg\r\nnone.jpg\r\n');
  const { code } = await run(['mixed', '--list', 'list.txt', '--tags', 'later', '--report', 'listed.csv']);
  expect(code).toBe(1);
  const rows = (await readFile(join(folder, 'listed.csv'), 'utf8')).trim().split('\r\n').sort();
  expect(rows).toEqual([
    expect.stringMatching(/^failed,deep\/dog\.png,dog\.png,[\w-]+,conflict,Another picture has this name\.$/),
    'failed,none.jpg,none.jpg,,unreadable_file,It is not there.',
    'outcome,file,name,id,code,detail',
  ]);
});

test('when it is killed in the middle, then the same command goes on, and each picture is there once', async () => {
  await makePictures('killed', 12);
  const args = ['killed', '--concurrency', '2', '--report', 'killed.json'];
  const { child, ended } = begin(args);
  await untilSent(4, 'killed.json');
  child.kill('SIGKILL');
  await ended;
  // As the last line is left when the machine goes off.
  await writeFile(join(folder, 'killed.json.journal'), '{"path":"killed-11.png","na', { flag: 'a' });
  expect(await run(args)).toMatchObject({ code: 0 });
  const { counts } = await json('killed.json');
  expect(counts).toMatchObject({ found: 12, done: 12, failed: 0 });
  expect(counts.already).toBeGreaterThanOrEqual(4);
  expect(new Set((await itemsNamed('killed-')).map(({ name }) => name)).size).toBe(12);
  expect(await itemsNamed('killed-')).toHaveLength(12);
});

test('when Ctrl-C ends it, then it says how far it is and how it goes on', async () => {
  await makePictures('ended', 12);
  const args = ['ended', '--concurrency', '1', '--report', 'ended.json'];
  const { child, ended } = begin(args);
  await untilSent(1, 'ended.json');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({
    code: 130,
    stdout: expect.stringContaining('The same command goes on from here'),
  });
  const { counts, stopped } = await json('ended.json');
  expect([stopped.code, counts.failed]).toEqual(['interrupted', 0]);
  expect(await run(args)).toMatchObject({ code: 0 });
  expect(await itemsNamed('ended-')).toHaveLength(12);
});

test('when an item was deleted since, then its picture is imported again', async () => {
  const [item] = await itemsNamed('ended-3');
  await fetch(`${tintype.url}/v1/library/items/${item?.id}`, { method: 'DELETE' });
  expect(await run(['ended', '--report', 'again.json'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('12 done (11 of them there already)'),
  });
  expect(await itemsNamed('ended-')).toHaveLength(12);
});

test('when it is tried dry, then each file is listed with its words, and nothing is sent', async () => {
  const args = [
    'mixed',
    '--captions',
    'mixed/captions.csv',
    '--name-by',
    'path',
    '--dry-run',
    '--api',
    'http://[::1]:1',
  ];
  const { code, stdout, stderr } = await run(args);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toContain('cat.jpg\tcat.jpg\tA cat on a bench\tanimal');
  expect(stdout.split('\n')).toContain('deep/dog.png\tdeep_dog.png\t\t');
  expect(stderr).toContain('a file that is not there: gone.jpg');
});

test('when it cannot begin, then that is said in a line', async () => {
  const port = await freePort();
  expect(await run(['mixed', '--api', `http://localhost:${port}`])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`Nothing answers at http://localhost:${port} (ECONNREFUSED)`),
  });
  expect(await run(['nowhere'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/nowhere is not there\.\n$/) });
});

/** Where PostgreSQL comes from, on made-up machines: shell scripts as programs. */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findPostgresProgram, type PostgresPlaces } from '../src/find-postgres-program.ts';
import { ServerUnavailable } from '../src/index.ts';

const dataDir = '/data/postgres/cluster';
let folder: string;
let places: PostgresPlaces;
let npmFolder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  places = { npmFolder: undefined, systemFolder: join(folder, 'lib'), path: `/nowhere:${join(folder, 'path')}` };
  npmFolder = join(folder, 'package/native');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function addPrograms(binDir: string, version: string, condition = ':'): Promise<void> {
  await mkdir(binDir, { recursive: true });
  for (const name of ['postgres', 'initdb']) {
    const file = join(binDir, name);
    await writeFile(file, `#!/bin/sh\n${condition} || exit 127\necho "${name} (PostgreSQL) ${version}"\n`);
    await chmod(file, 0o755);
  }
}

/** As npm's package comes: its programs do not run before a library has its second name. */
async function addPackage(version: string, condition = '[ -e "$(dirname "$0")/../lib/libicu.so.60" ]'): Promise<void> {
  await addPrograms(join(npmFolder, 'bin'), version, condition);
  await mkdir(join(npmFolder, 'lib'));
  await writeFile(join(npmFolder, 'lib/libicu.so.60.2'), '');
  const links = [{ source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' }];
  await writeFile(join(npmFolder, 'pg-symlinks.json'), JSON.stringify(links));
  await writeFile(join(folder, 'package/package.json'), JSON.stringify({ version: `${version}-beta.1` }));
  places.npmFolder = npmFolder;
}

test("when npm's package is there, then its links are made and it comes first", async () => {
  await addPackage('17.10');
  await addPrograms(join(places.systemFolder, '18/bin'), '18.4');
  const binDir = join(npmFolder, 'bin');
  const found = { binDir, version: '17.10', major: '17', origin: 'npm' };
  expect(await findPostgresProgram({ dataDir }, places)).toEqual(found);
  expect(await findPostgresProgram({ dataDir }, places)).toEqual(found);
});

test('when the package cannot be written or reached, then a copy of it runs, which is made once', async () => {
  await addPackage('17.10');
  await chmod(join(npmFolder, 'lib'), 0o555);
  // Root may write everywhere; but the user whom the server runs as may not go into this test's folder.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  const cacheDir = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  await chmod(cacheDir, 0o755);
  try {
    const progress: string[] = [];
    const search = { dataDir, user, cacheDir, onProgress: (line: string) => progress.push(line) };
    const found = await Promise.all([findPostgresProgram(search, places), findPostgresProgram(search, places)]);
    expect(found[0]).toEqual(found[1]);
    expect(found[0]).toMatchObject({ version: '17.10', origin: 'npm' });
    const [name = '', ...others] = await readdir(cacheDir);
    expect(name).toMatch(/^postgres-17\.10-beta\.1-/);
    expect(others).toEqual([]);
    expect(found[0].binDir).toBe(join(cacheDir, name, 'bin'));
    const told = progress.length;
    expect(await findPostgresProgram(search, places)).toEqual(found[0]);
    expect(progress).toHaveLength(told);
  } finally {
    await chmod(join(npmFolder, 'lib'), 0o755);
    await rm(cacheDir, { recursive: true, force: true });
  }
});

test("when npm's package does not run here, then the machine's newest does", async () => {
  await addPackage('17.10', 'false');
  await addPrograms(join(places.systemFolder, '9/bin'), '9.6.24');
  await addPrograms(join(places.systemFolder, '15/bin'), '15.18 (Debian 15.18-0+deb12u1)');
  const found = await findPostgresProgram({ dataDir, cacheDir: join(folder, 'cache') }, places);
  expect(found).toEqual({
    binDir: join(places.systemFolder, '15/bin'),
    version: '15.18',
    major: '15',
    origin: 'system',
  });
});

test('when there is data already, then the program of its version is taken, wherever it is', async () => {
  await addPackage('17.10');
  await addPrograms(join(places.systemFolder, '15/bin'), '15.18');
  await addPrograms(join(folder, 'path'), '16.2');
  expect(await findPostgresProgram({ dataDir, major: '15' }, places)).toMatchObject({ version: '15.18' });
  expect(await findPostgresProgram({ dataDir, major: '16' }, places)).toMatchObject({ version: '16.2' });
  await expect(findPostgresProgram({ dataDir, major: '14' }, places)).rejects.toMatchObject({
    reason: 'wrong_version',
    message: expect.stringContaining(`${dataDir} is of PostgreSQL 14, and here is 17.10 and 15.18 and 16.2:`),
  });
});

test('when there is none at all, then one line says what to install', async () => {
  const failure = await findPostgresProgram({ dataDir }, places).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServerUnavailable);
  expect(failure).toMatchObject({ message: expect.stringMatching(/^.*apt install postgresql.*DATABASE_URL\.$/) });
});

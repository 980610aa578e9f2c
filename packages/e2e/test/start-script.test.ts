/** `npm start` as a user runs it: one table, a working call, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort, makeTestFolder, someOf } from '@tintype/testkit';
import { makeThumbnail } from './calls.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Started = { child: ChildProcess; output: () => string; exited: Promise<number | null> };

function npmStart(env: Record<string, string>, cwd = root): Started {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd,
    env: { ...inherited, WARM_UP: 'false', ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, output: () => text, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

async function untilReady({ output, exited }: Started): Promise<void> {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  while (!output().includes('Tintype is ready')) {
    if (over) throw new Error(output());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processes whose command line or open socket names the folder, or whose environment does. */
async function processesUsing(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const texts = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (texts.join().includes(path)) found.push(`${pid} ${texts[0]?.replaceAll('\0', ' ')}`);
  }
  return found;
}

/** The names of the variables that a service was started with, by the end of its command line. */
async function variablesOf(entry: string, path: string): Promise<string[]> {
  for (const line of await processesUsing(path)) {
    if (!line.trimEnd().endsWith(entry)) continue;
    const environment = await readFile(`/proc/${Number.parseInt(line, 10)}/environ`, 'utf8');
    return environment.split('\0').flatMap((variable) => variable.split('=')[0] || []);
  }
  throw new Error(`${entry} does not run`);
}

test('when it has secrets, then each service gets its own settings, and nothing else', async () => {
  const dataDir = `${folder}/secrets`;
  const secrets = { API_KEYS: 'shop:a-secret-of-enough-length:admin', JWT_SECRET: 'a'.repeat(32), FOREIGN_TOKEN: 'b' };
  const envFile = await settingsFile('JWT_ISSUER=of-the-file\nFETCH_MAX_BYTES=1234567\nFETCH_TIMEOUT_MS=1');
  const fromFile = { ENV_FILE: envFile, FETCH_TIMEOUT_MS: '2345', FECTH_PORTS: '81' };
  const started = npmStart({
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    WORKERS: '1',
    ...secrets,
    ...fromFile,
  });
  await untilReady(started);
  const [api, worker, search] = await Promise.all(
    ['api', 'worker', 'search'].map((service) => variablesOf(`services/${service}/src/main.ts`, dataDir)),
  ).finally(async () => {
    started.child.kill('SIGTERM');
    await started.exited;
  });
  expect(api).toEqual(expect.arrayContaining(['PORT', 'REDIS_URL', 'API_KEYS', 'JWT_SECRET']));
  expect(worker).toEqual(expect.arrayContaining(['REDIS_URL', 'STORAGE', 'FETCH_ALLOW']));
  expect(search).toEqual(expect.arrayContaining(['DATABASE_URL', 'SEARCH_TOKEN']));
  // The search service alone knows the database, and none of the others' secrets.
  for (const other of [api, worker]) expect(other).not.toContain('DATABASE_URL');
  expect(Object.keys(secrets).filter((name) => search?.includes(name))).toEqual([]);
  expect(api).not.toContain('FOREIGN_TOKEN');
  // What the file says reaches whom it is for, under what the environment says.
  const logs = await Promise.all(['api', 'worker-1'].map((name) => readFile(`${dataDir}/logs/${name}.log`, 'utf8')));
  expect(logs[0]).toContain('"JWT_ISSUER":"of-the-file"');
  expect(logs[1]).toContain('"FETCH_MAX_BYTES":1234567,"FETCH_TIMEOUT_MS":2345');
  expect(started.output()).toContain('The variable FECTH_PORTS is not a setting');
  expect(Object.keys(secrets).filter((name) => worker?.includes(name))).toEqual([]);
});

test.each(someOf(['SIGINT', 'SIGTERM', 'SIGKILL'] as const, 2))(
  'when it is started, used and ended by %s, then nothing is left running',
  async (signal) => {
    const port = await freePort();
    const dataDir = `${folder}/${signal}`;
    const started = npmStart({ PORT: String(port), DATA_DIR: dataDir, WORKERS: '2' });
    await untilReady(started);
    expect(started.output()).toContain(`http://localhost:${port}/docs`);
    expect(started.output()).toMatch(/Redis +embedded|Redis +as REDIS_URL/);
    expect(started.output()).toMatch(/Library +PostgreSQL embedded/);
    expect(started.output()).toMatch(/Auth +off/);
    const url = `http://localhost:${port}`;
    const thumbnail = await makeThumbnail(url, { url: `${url}/samples/photo.jpg` });
    expect(thumbnail.status).toBe('completed');
    const [, key = ''] = /Admin key +(\S+)/.exec(started.output()) ?? [];
    expect((await fetch(`${url}/v1/keys`, { headers: { 'x-api-key': key } })).status).toBe(200);
    expect((await fetch(`${url}/v1/keys`)).status).toBe(401);
    started.child.kill(signal);
    await started.exited;
    let left = await processesUsing(dataDir);
    for (let tries = 0; left.length > 0 && tries < 150; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      left = await processesUsing(dataDir);
    }
    expect(left).toEqual([]);
  },
);

async function settingsFile(text: string): Promise<string> {
  const path = `${folder}/${randomUUID()}.env`;
  await writeFile(path, text);
  return path;
}

test.each([
  ['a misspelt name in its file', () => settingsFile('AUHT=required'), /: AUHT is not a setting; did you mean AUTH\?/],
  ['a file that is not there', async () => `${folder}/none.env`, /none\.env cannot be read \(ENOENT\)\.$/],
])('when it finds %s, then it ends with a line that says so', async (_what, makeFile, line) => {
  const started = npmStart({ ENV_FILE: await makeFile(), DATA_DIR: `${folder}/not-used` });
  expect(await started.exited).toBe(1);
  // The first start of all may have to install.
  const lines = started.output().replace('Installing dependencies …\n', '').trim().split('\n');
  expect(lines[0]).toMatch(line);
  expect(lines.slice(1).filter((other) => other !== 'All settings: docs/configuration.md')).toEqual([]);
});

test('when its data folder cannot be made, then one line says so and how to choose another', async () => {
  const dataDir = `${await settingsFile('a file')}/data`;
  const started = npmStart({ PORT: String(await freePort()), DATA_DIR: dataDir });
  expect(await started.exited).toBe(1);
  expect(started.output().replace('Installing dependencies …\n', '')).toBe(
    `DATA_DIR=${dataDir} cannot be written (ENOTDIR). Choose another: DATA_DIR=… npm start\n`,
  );
});

test('when nobody listens at REDIS_URL, then one line says so, without its password', async () => {
  const redisUrl = `redis://user:secret@127.0.0.1:${await freePort()}`;
  const env = { PORT: String(await freePort()), DATA_DIR: `${folder}/no-redis`, WORKERS: '1', REDIS_URL: redisUrl };
  const started = npmStart(env);
  while (!started.output().includes('\n')) await new Promise((resolve) => setTimeout(resolve, 50));
  started.child.kill('SIGTERM');
  await started.exited;
  const { host } = new URL(redisUrl);
  expect(started.output()).toContain(
    `Redis is not there at REDIS_URL=redis://${host} (ECONNREFUSED): the services wait`,
  );
  expect(started.output()).not.toContain('secret');
});

test('when pnpm is called by any Node, then it chooses packages for the one that everything runs on', async () => {
  const settings = await readFile(`${root}/pnpm-workspace.yaml`, 'utf8');
  const [, installed] = /^ {2}node: (\S+)$/m.exec(settings) ?? [];
  const [, chosenFor] = /^nodeVersion: (\S+)$/m.exec(settings) ?? [];
  expect(chosenFor).toBe(installed);
  expect(installed).toMatch(/^\d+\.\d+\.\d+$/);
});

test('when the registry is away, then one line says so, and a clone of another machine is looked at anew', async () => {
  const clone = `${folder}/clone`;
  await cp(`${root}/scripts`, `${clone}/scripts`, { recursive: true });
  await Promise.all(
    ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => cp(`${root}/${name}`, `${clone}/${name}`)),
  );
  // As a clone that was installed under Node 18, without what sharp needs, before markers named the machine.
  const installedLock = `${clone}/node_modules/.pnpm/lock.yaml`;
  await mkdir(dirname(installedLock), { recursive: true });
  await Promise.all([
    writeFile(installedLock, 'lockfileVersion: 9.0'),
    writeFile(`${clone}/node_modules/.tintype-installed`, 'a'.repeat(64)),
  ]);
  const env = {
    npm_config_registry: `http://127.0.0.1:${await freePort()}`,
    npm_config_cache: `${clone}/cache`,
    npm_config_fetch_retries: '0',
  };
  const started = npmStart(env, clone);
  expect(await started.exited).not.toBe(0);
  expect(started.output()).toMatch(
    /^Installing dependencies …\nThe npm registry cannot be reached \(ECONNREFUSED\): .*, then start again\.\n$/,
  );
  // pnpm looks again for every package, and not only for those that it believes to be missing.
  expect(existsSync(installedLock)).toBe(false);
});

test('when the port is taken, then one line says so and how to choose another', async () => {
  const server: Server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const started = npmStart({ PORT: String(port), DATA_DIR: `${folder}/other` });
  expect(await started.exited).toBe(1);
  expect(started.output()).toContain(`Port ${port} is in use. Choose another: PORT=${port + 1} npm start`);
  await new Promise((resolve) => server.close(resolve));
});

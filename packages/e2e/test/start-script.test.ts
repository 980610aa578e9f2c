/** `npm start` as a user runs it: one table, a working call, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort, makeTestFolder } from '@tintype/testkit';
import { makeThumbnail } from './calls.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Started = { child: ChildProcess; output: () => string; exited: Promise<number | null> };

function npmStart(env: Record<string, string>): Started {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['scripts/start.mjs'], { cwd: root, env: { ...inherited, ...env } });
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
  const started = npmStart({ PORT: String(await freePort()), DATA_DIR: dataDir, WORKERS: '1', ...secrets });
  await untilReady(started);
  const [api, worker] = await Promise.all(
    ['api', 'worker'].map((service) => variablesOf(`services/${service}/src/main.ts`, dataDir)),
  ).finally(async () => {
    started.child.kill('SIGTERM');
    await started.exited;
  });
  expect(api).toEqual(expect.arrayContaining(['PORT', 'REDIS_URL', 'API_KEYS', 'JWT_SECRET']));
  expect(worker).toEqual(expect.arrayContaining(['REDIS_URL', 'STORAGE', 'FETCH_ALLOW']));
  expect(api).not.toContain('FOREIGN_TOKEN');
  expect(Object.keys(secrets).filter((name) => worker?.includes(name))).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'when it is started, used and ended by %s, then nothing is left running',
  async (signal) => {
    const port = await freePort();
    const dataDir = `${folder}/${signal}`;
    const started = npmStart({ PORT: String(port), DATA_DIR: dataDir, WORKERS: '2' });
    await untilReady(started);
    expect(started.output()).toContain(`http://localhost:${port}/docs`);
    expect(started.output()).toMatch(/Redis +embedded|Redis +as REDIS_URL/);
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

test('when the port is taken, then one line says so and how to choose another', async () => {
  const server: Server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const started = npmStart({ PORT: String(port), DATA_DIR: `${folder}/other` });
  expect(await started.exited).toBe(1);
  expect(started.output()).toContain(`Port ${port} is in use. Choose another: PORT=${port + 1} npm start`);
  await new Promise((resolve) => server.close(resolve));
});

/** What a test leaves running ends with its file, and with the runner, however that dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { childrenOf, makeTestFolder, spawnWithTests, untilGone } from '../src/index.ts';
import { readProcesses } from '../src/process-tree.ts';

/** A program that says the pid of its own child and then hears nothing of SIGTERM, as does that child. */
const stubborn = `process.on('SIGTERM', () => {});
const child = process.argv[1] ? null : require('child_process').spawn(process.execPath, ['-e', process.env.PROGRAM, 'leaf']);
setInterval(() => {}, 1e9);
if (child) process.send(child.pid);`;
const env = { PATH: process.env.PATH, PROGRAM: stubborn };

const runners: ChildProcess[] = [];
afterEach(() => {
  for (const runner of runners) runner.kill('SIGKILL');
});

function isAlive(pid: number): boolean {
  return readProcesses().some((other) => other.pid === pid && !other.isZombie);
}

test('when a program is spawned, then its pid is its own, and nobody but its own children is below it', async () => {
  const child = spawnWithTests(process.execPath, ['-e', stubborn], { env });
  const leaf = await new Promise((resolve) => child.once('message', resolve));
  expect(childrenOf(child.pid ?? 0)).toEqual([leaf]);
  expect(isAlive(child.pid ?? 0)).toBe(true);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
});

test('when a program ends by itself, then what it has left is left, for the test to see', async () => {
  const child = spawnWithTests(process.execPath, ['-e', stubborn], { env });
  const leaf = Number(await new Promise((resolve) => child.once('message', resolve)));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isAlive(leaf)).toBe(true);
  process.kill(leaf, 'SIGKILL');
  await untilGone(leaf);
});

test.each(['SIGCONT', 'SIGSTOP'] as const)(
  'when the runner is killed while the program has %s, then the program and its children end',
  async (signal) => {
    const script = `import { spawnWithTests } from ${JSON.stringify(new URL('../src/end-with-tests.ts', import.meta.url).href)};
      const child = spawnWithTests(process.execPath, ['-e', process.env.PROGRAM], { env: process.env });
      child.once('message', (leaf) => console.log(JSON.stringify([child.pid, leaf])));`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    runners.push(runner);
    const { value } = await createInterface({ input: runner.stdout })[Symbol.asyncIterator]().next();
    const pids: number[] = JSON.parse(String(value));
    for (const pid of pids) process.kill(pid, signal);
    runner.kill('SIGKILL');
    for (const pid of pids) await untilGone(pid);
  },
);

test('when a hook throws after everything was started, then Jest ends by itself, nothing is left, and a listener that was is told', async () => {
  const noteFile = `${await makeTestFolder()}/left`;
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const jest = spawn('node_modules/.bin/jest', ['--testMatch', '**/testkit/test/fixtures/leaves-all.ts'], {
    cwd,
    env: { ...process.env, NOTE_FILE: noteFile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  runners.push(jest);
  const told = text(jest.stderr);
  expect(await new Promise((resolve) => jest.once('exit', resolve))).toBe(1);
  const { pids, folders }: { pids: number[]; folders: string[] } = JSON.parse(await readFile(noteFile, 'utf8'));
  expect(pids).toHaveLength(5);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(folders).toHaveLength(2);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  expect(await told).toContain("a listener of process.on('disconnect') is left");
});

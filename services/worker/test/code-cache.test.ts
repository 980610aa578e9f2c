/** The folder of compiled code for children: it goes with its worker, and that of one that was killed with the next. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeTestFolder } from '@tintype/testkit';
import { createCodeCache, removeLeftCaches } from '../src/picture/code-cache.ts';

const nameOf = (pid: number | undefined) => `tintype-code-${hostname().replace(/[^\w.]/g, '_')}-${pid}-abcdef`;

test('when workers were killed, then what they have left is removed, and nothing of those that run or of others', async () => {
  const folder = await makeTestFolder();
  const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const kept = [nameOf(process.ppid), 'tintype-code-other.machine-1-abcdef', 'something'];
  const left = [nameOf(killed.pid), nameOf(process.pid)];
  for (const name of [...kept, ...left]) await mkdir(join(folder, name, 'v24'), { recursive: true });
  await removeLeftCaches(folder);
  expect((await readdir(folder)).sort()).toEqual([...kept].sort());
});

test('when a cache is made, then its folder names its process, and it goes when it is removed', async () => {
  const folder = await makeTestFolder();
  const cache = createCodeCache('file:///there/is/none.mjs', [], folder);
  let path: string | null = null;
  for (; path === null; path = cache.kept()?.folder ?? null) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(path.startsWith(join(folder, nameOf(process.pid).slice(0, -6)))).toBe(true);
  await cache.remove();
  expect(await readdir(folder)).toEqual([]);
});

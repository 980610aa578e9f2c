/** Under a Node.js that is too old, a service ends with one line that says so, instead of half working. */
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeTestFolder } from '@tintype/testkit';

/** Versions of Node.js on this machine that are older than ours. */
const olderNodes = ['/usr/bin/node', '/usr/local/bin/node'].filter((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return stdout !== null && Number(/^v(\d+)/.exec(stdout)?.[1] ?? 24) < 24;
});
const cases = ['api', 'worker'].flatMap((service) => olderNodes.map((node) => [service, node] as const));

(cases.length > 0 ? test : test.skip).each(cases.length > 0 ? cases : [['api', 'an older Node.js'] as const])(
  'when the %s is started by %s, then it ends with one line',
  async (service, node) => {
    const folder = await makeTestFolder();
    const source = await readFile(new URL(`../../../services/${service}/src/main.ts`, import.meta.url), 'utf8');
    const program = join(folder, 'main.mjs');
    await writeFile(program, stripTypeScriptTypes(source));
    const { status, stdout, stderr } = spawnSync(node, [program], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^This needs Node\.js 24 or newer, and \S+ is v\d+\.\d+\.\d+\.\n$/);
    await rm(folder, { recursive: true });
  },
);

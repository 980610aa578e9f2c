/** Which commit a process says that it is made of. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { commitOfClone, readRelease } from '../src/index.ts';

const manifest = new URL('../../../services/api/package.json', import.meta.url);
const folder = fileURLToPath(new URL('.', manifest));

test('when it runs from a clone, then it tells what is checked out; when its image says it, then that', async () => {
  const release = await readRelease(manifest, 'services/api', '');
  expect(release).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    // Where the tests run in an image there is no clone.
    commit: existsSync(new URL('../../../.git', import.meta.url)) ? expect.stringMatching(/^[0-9a-f]{40}/) : null,
  });
  expect((await readRelease(manifest, 'services/api', 'c0ffee-dirty')).commit).toBe('c0ffee-dirty');
});

test.each([
  ['another folder of a repository, as of one that it is deployed from', folder, 'services/worker'],
  ['no repository', '/', 'services/api'],
])('when it runs from %s, then it knows no commit', async (_, place, service) => {
  expect(await commitOfClone(place, service)).toBeNull();
});

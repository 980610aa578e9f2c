/** Documents say what the code does: generated pages are fresh, the README's calls work as they stand. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTintype, type Tintype } from '@tintype/testkit';
import { renderPages } from '../../../scripts/docs/pages.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('when the schemas change, then the generated pages are made anew (npm run docs)', async () => {
  for (const [path, text] of Object.entries(await renderPages())) {
    expect([path, await readFile(join(root, path), 'utf8')]).toEqual([path, text]);
  }
});

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));

test('when a document links to a file of the repository, then the file is there', () => {
  const broken = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** Every file of the source tree, by its path from the root. */
const files = ['packages', 'services', 'bench', 'scripts', 'docs'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/(node_modules|dist)\b/.test(entry.parentPath))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name))),
);

/** Whether a file is called so: by its path from the root, or by the last parts of it. */
const isThere = (name: string) => existsSync(join(root, name)) || files.some((path) => path.endsWith(`/${name}`));

test('when a document or a comment names a file of the source tree, then the file is there', () => {
  const inDocuments = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/`([\w./-]+\w\.(?:ts|md|json))`/g)].map(([, name = '']) => ({
      path,
      name,
    })),
  );
  const folders = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/`((?:packages|services|bench|scripts)\/[\w./-]+)`/g)].map(
      ([, name = '']) => ({ path, name }),
    ),
  );
  const inComments = files
    .filter((path) => path.endsWith('.ts') && path.includes('/src/'))
    .flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => /^\s*(\/\*\*|\*|\/\/) /.test(line))
        .flatMap((line) =>
          [...line.matchAll(/(?<![\w./-])(\w[\w./-]*\.(?:ts|md))\b/g)].map(([, name = '']) => ({ path, name })),
        ),
    );
  const missing = [...inDocuments, ...folders, ...inComments].filter(
    ({ path, name }) => path !== 'CHANGELOG.md' && !isThere(name),
  );
  expect(missing).toEqual([]);
  expect(inDocuments.length).toBeGreaterThan(100);
});

const key = 'the-key-of-whoever-reads-the-document';
const closed = { AUTH: 'required', API_KEYS: `local:${key}:thumbnails+colours+admin`, SAMPLES: 'true' };

describe.each([
  ['README.md', {}],
  ['docs/colours.md', {}],
  ['docs/keys.md', closed],
])('%s', (document, apiEnv) => {
  let tintype: Tintype;
  beforeAll(async () => {
    tintype = await startTintype({ apiEnv });
  });
  afterAll(() => tintype.stop());

  const calls = [...readFileSync(join(root, document), 'utf8').matchAll(/```sh\n(.*?)```/gs)]
    .map(([, block = '']) => block.trim())
    .filter((block) => block.includes('curl '));

  test('it has calls that a newcomer makes', () => {
    expect(calls.length).toBeGreaterThanOrEqual(3);
  });

  test.each(calls.map((call) => [call]))('when this is pasted, then it works: %s', async (call) => {
    const script = call.replaceAll('http://localhost:3000', tintype.url).replaceAll('$(cat .data/admin-key)', key);
    const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: join(root, 'services/api/samples') });
    expect(stdout).not.toMatch(/"code":"[a-z_]+"|"status":"failed"/);
  });
});

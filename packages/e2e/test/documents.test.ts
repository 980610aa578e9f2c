/** Documents say what the code does: generated pages are fresh, the README's calls work as they stand. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTestFolder, startTintype, type Tintype } from '@tintype/testkit';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { renderPages } from '../../../scripts/docs/pages.ts';
import { commandOf, complaintAbout, readBlocks } from '../../../scripts/paste/blocks.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('when the schemas change, then the generated pages are made anew (npm run docs)', async () => {
  for (const [path, content] of Object.entries(await renderPages())) {
    const isFresh = Buffer.from(content).equals(await readFile(join(root, path)));
    expect([path, isFresh]).toEqual([path, true]);
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

const readmeText = readFileSync(join(root, 'README.md'), 'utf8');
const performanceText = readFileSync(join(root, 'docs/performance.md'), 'utf8');

const Rule = Type.Object({ alert: Type.String(), expr: Type.String() });
const RuleGroup = Type.Object({ rules: Type.Array(Rule, { minItems: 1 }) });
/** Alert rules of Prometheus. */
const AlertFile = Compile(Type.Object({ groups: Type.Array(RuleGroup, { minItems: 1 }) }));

const key = 'the-key-of-whoever-reads-the-document';
const isProgram = (language: string) => ['js', 'python'].includes(language);
const closed = { AUTH: 'required', API_KEYS: `local:${key}:thumbnails+colours+admin`, SAMPLES: 'true' };

test('when a document has a block, then it is read with its line, the answer that is shown, and why nobody pastes it', () => {
  const text =
    'A call:\n\n```sh\ncurl a\n```\n\n```json\n{"status": "failed"}\n```\n\n<!-- not pasted: hours -->\n```sh\nlong\n```\n';
  const [call, long] = readBlocks(text);
  expect(call).toEqual({ language: 'sh', code: 'curl a', line: 3, answer: { status: 'failed' }, passedOver: null });
  expect(long).toEqual({ language: 'sh', code: 'long', line: 12, answer: null, passedOver: 'hours' });
  if (call === undefined) throw new Error('no block');
  const saying = (stdout: string, stderr = '') => ({ stdout, stderr });
  expect(complaintAbout(call, saying('{"id": "1", "status": "failed"}'))).toBeNull();
  expect(complaintAbout(call, saying('{"id": "1", "status": "completed"}'))).toContain('not what is shown');
  const other = { ...call, answer: null };
  expect(complaintAbout(other, saying('{"status":"failed"}'))).toBe('An answer has "status":"failed".');
  expect(complaintAbout(other, saying('{}', 'curl: (7)'))).toBe('It complains.');
  expect(complaintAbout({ ...other, code: 'docker run a\ncurl b' }, saying('{}', 'Container a Started'))).toBeNull();
  expect(complaintAbout({ ...other, language: 'js' }, saying('failed\n'))).toBe('It does not print its thumbnail.');
});

/** Documents of the same settings are read one after the other beside the same services. */
const open = {};
const started = new Map<object, Promise<Tintype>>();
afterAll(async () => {
  for (const tintype of started.values()) await (await tintype).stop();
});

describe.each([
  ['README.md', open],
  ['docs/api.md', open],
  ['docs/colours.md', open],
  ['docs/options.md', open],
  ['docs/batches.md', open],
  ['docs/library.md', open],
  ['docs/keys.md', closed],
  ['docs/picture-links.md', closed],
  ['docs/operations.md', closed],
])('%s', (document, apiEnv) => {
  let tintype: Tintype;
  let folder: string;
  beforeAll(async () => {
    const starting = started.get(apiEnv) ?? startTintype({ apiEnv, keepsLibrary: apiEnv === open });
    started.set(apiEnv, starting);
    [tintype, folder] = await Promise.all([starting, makeTestFolder()]);
    // As in a clone whose operator has made a key.
    await writeFile(join(folder, 'admin-key'), `${key}\n`);
    await symlink(join(root, 'services'), join(folder, 'services'));
  });

  const text = readFileSync(join(root, document), 'utf8');
  // Those that need Docker are for `npm run test:docs`, programs that nobody pastes for tests of their own.
  const calls = readBlocks(text).filter(
    ({ language, code, passedOver }) =>
      (language === 'sh' && code.includes('curl ') && !code.includes('docker ')) ||
      (isProgram(language) && passedOver === null),
  );

  test('it has calls that a newcomer makes', () => {
    expect(calls.filter(({ language }) => !isProgram(language)).length).toBeGreaterThanOrEqual(3);
  });

  /** One after the other, in a folder that was empty before the first. */
  const paste = async (call: string) => {
    // Started by no other shell (SHLVL), as in a container, it would read what is for interactive ones.
    const script = call.replaceAll('http://localhost:3000', tintype.url).replaceAll('$(cat .data/admin-key)', key);
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', script], { cwd: folder });
    return { stdout, stderr };
  };

  for (const block of calls) {
    const canBe = block.language !== 'python' || spawnSync('python3', ['--version']).status === 0;
    (canBe ? test : test.skip)(`when this is pasted, then it does as the text promises: ${block.code}`, async () => {
      const said = await paste(commandOf(block) ?? '');
      expect([complaintAbout(block, said), said.stderr]).toEqual([null, '']);
    });
  }

  const rules = [...text.matchAll(/\]\((\w+\.yml)\)/g)].map(([, name = '']) => join(root, dirname(document), name));
  for (const path of rules) {
    test(`when Prometheus reads ${path.slice(root.length)}, then each rule asks for what /metrics serves, and each alert is explained`, async () => {
      const { groups } = AlertFile.Parse(parse(readFileSync(path, 'utf8')));
      const served = await (await fetch(`${tintype.url}/metrics`, { headers: { 'x-api-key': key } })).text();
      for (const { alert, expr } of groups.flatMap((group) => group.rules)) {
        for (const [name] of expr.matchAll(/tintype_\w+/g))
          expect([alert, served.includes(`# TYPE ${name.replace(/_count$/, '')} `)]).toEqual([alert, true]);
        expect(text).toContain(`| \`${alert}\` |`);
      }
      const isThere = spawnSync('promtool', ['--version']).status === 0;
      if (isThere) await promisify(execFile)('promtool', ['check', 'rules', path]);
    });
  }

  if (document !== 'README.md') return;
  const hasMake = spawnSync('make', ['--version']).status === 0;
  (hasMake ? test : test.skip)(
    'when make sends a picture to what runs, then the answer has its thumbnail',
    async () => {
      const command = ['send-image', `PORT=${new URL(tintype.url).port}`];
      const { stdout } = await promisify(execFile)('make', ['--silent', ...command], { cwd: root });
      expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', source: { kind: 'upload', width: 1600 } });
    },
  );

  test('when the OpenAPI document shows thumbnails, then those are what the service answers', async () => {
    const { examples } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')).components;
    const answerAbout = async (name: string) => {
      const body = JSON.stringify({ url: `${tintype.url}/samples/${name}` });
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      return JSON.parse(await (await fetch(`${tintype.url}/v1/thumbnails?wait=30`, init)).text());
    };
    const [photo, none] = [await answerAbout('photo.jpg'), await answerAbout('none.jpg')];
    const { value: completed } = examples.thumbnail_completed;
    const { value: failed } = examples.thumbnail_failed;
    const { fresh_until: freshUntil } = completed.source;
    expect(photo.source).toEqual({ ...completed.source, fresh_until: expect.stringMatching(/Z$/) });
    expect(typeof freshUntil).toBe('string');
    for (const fact of ['status', 'colours', 'placeholder']) expect(photo[fact]).toEqual(completed[fact]);
    expect(Object.keys(photo).sort()).toEqual(Object.keys(completed).sort());
    expect(Object.keys(none).sort()).toEqual(Object.keys(failed).sort());
  });
});

test('when the README tells what it costs, then those are the figures that were measured', () => {
  const [pictures, megabytes] = /one worker, (\d+) JPEGs[^.]*?(\d+) MB/s.exec(readmeText)?.slice(1) ?? [];
  const workers = /So many worker processes on 2 cores.*?<!-- end/s.exec(performanceText)?.[0];
  expect(workers).toContain(`| web: pictures/s | ${pictures} |`);
  expect(workers).toContain(`| web: peak memory MB | ${megabytes} |`);
});

/** Clients are made from the OpenAPI document as docs/clients.md says, by the generators themselves. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ours = fileURLToPath(new URL('..', import.meta.url));
const documentUrl = 'http://localhost:3000/openapi.json';

let page: string;
let folder: string;
beforeAll(async () => {
  page = await readFile(join(root, 'docs/clients.md'), 'utf8');
  // Among the packages of this room, so that what is made finds those that it imports.
  folder = await mkdtemp(join(ours, 'node_modules/.made-'));
});
afterAll(() => rm(folder, { recursive: true }));

const blockOf = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';

/** What the page's command says, when it is pasted here with the committed document. */
async function paste(tool: string, path = '') {
  const line = new RegExp(`^(?:npx )?(${tool} .*)$`, 'm').exec(page)?.[1] ?? '';
  // Python's generators take a file by another name than an address.
  const option = tool === 'openapi-python-client' ? '--path' : '--input';
  const file = join(root, 'docs/openapi.json');
  const command = line.replace(`--url ${documentUrl}`, `${option} ${file}`).replace(documentUrl, file);
  expect(command).toContain(file);
  const env = { ...process.env, PATH: `${path}:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', NODE_OPTIONS: '' };
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', command], { cwd: folder, env });
  return `${stdout}${stderr}`;
}
const bin = join(ours, 'node_modules/.bin');

test('when the document is linted by redocly, then there is no error and no warning', async () => {
  const said = await paste('redocly', bin);
  expect(said).toContain('Your API description is valid');
  expect(said).not.toMatch(/warning/i);
});

test('when types are made by openapi-typescript, then calls of openapi-fetch have the types of the service', async () => {
  expect(await paste('openapi-typescript', bin)).toContain('tintype.ts');
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'page.ts'), blockOf('ts'));
  await writeFile(join(folder, 'more.ts'), moreCalls);
  const options =
    '--ignoreConfig --noEmit --strict --skipLibCheck --target es2024 --module nodenext --allowImportingTsExtensions';
  const tsc = join(root, 'node_modules/.bin/tsc');
  const made = spawnSync(tsc, [...options.split(' '), 'page.ts', 'more.ts'], { cwd: folder, encoding: 'utf8' });
  expect(made.stdout).toBe('');
});

/** What must have a type of its own: an answer that is a text or an object has neither. */
const moreCalls = `import createClient from 'openapi-fetch';
import type { components, paths } from './tintype.ts';
type Schemas = components['schemas'];
const tintype = createClient<paths>({ baseUrl: '' });
const path = { id: '' };
const read = await tintype.GET('/v1/thumbnails/{id}', { params: { path } });
export const thumbnail: Schemas['Thumbnail'] | undefined = read.data;
export const problem: Schemas['Problem'] | undefined = read.error;
const several = await tintype.GET('/v1/thumbnails/lookup', { params: { query: { id: [''] } } });
export const status: Schemas['ThumbnailStatus'] | undefined = several.data?.data[0]?.status;
const colours = await tintype.GET('/v1/thumbnails/{id}/timeline', { params: { path } });
export const attempt: Schemas['Attempt'] | undefined = colours.data?.attempts[0];
await tintype.POST('/v1/thumbnails', { body: { file: '', width: 100 }, bodySerializer: () => new FormData() });
await tintype.POST('/v1/tokens');
// @ts-expect-error a fit that is not offered
await tintype.POST('/v1/thumbnails', { body: { url: '', fit: 'crop' } });
`;

describe.each([
  ['openapi-python-client', 'tintype-client/tintype_client/models/thumbnail.py'],
  ['datamodel-codegen', 'models.py'],
])('%s', (tool, made) => {
  const isThere = spawnSync(tool, ['--version']).status === 0;
  const tried = isThere ? test : test.skip;
  const reason = isThere ? '' : `(not tried: ${tool} is not on the PATH) `;

  tried(`${reason}when it is run, then it makes everything, without a warning`, async () => {
    await writeFile(join(folder, 'client.yml'), blockOf('yaml'));
    expect(await paste(tool)).not.toMatch(/warning|error/i);
    const text = await readFile(join(folder, made), 'utf8');
    expect(text).toContain('class Thumbnail');
    // Two things with one name would be told apart by numbers.
    expect(text).not.toMatch(/^class \w+\d\(/m);
  });
});

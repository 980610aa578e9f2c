import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createDiskStore, openBlobStore } from '../src/index.ts';
import { blobStoreConformance } from './conformance.ts';

const folders: string[] = [];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-blobs-'));
  folders.push(folder);
  return folder;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

blobStoreConformance(async () => {
  const folder = await makeFolder();
  const names = async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => basename(entry.name));
  };
  return { store: createDiskStore(folder), names };
});

test('when the folder cannot be reached any more, then the check says so', async () => {
  const folder = await makeFolder();
  const store = createDiskStore(folder);
  await store.check();
  await rm(folder, { recursive: true });
  await expect(store.check()).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(['/proc/tintype/blobs', '/dev/null/blobs'])(
  'when the folder cannot be made in %s, then opening says so, and ends',
  (folder) => {
    expect(() => openBlobStore(`disk:${folder}`)).toThrow(/^(ENOENT|ENOTDIR|EEXIST): .*mkdir/);
  },
);

test('when the folders above it are missing, or it is there, then it is made, or left', async () => {
  const folder = join(await makeFolder(), 'a', 'b');
  for (const store of [createDiskStore(folder), createDiskStore(folder)]) await store.check();
});

test('when STORAGE names something else than a disk folder, then opening says what is expected', () => {
  expect(() => openBlobStore('ftp://example.org')).toThrow('expected disk:<folder>');
  expect(() => openBlobStore('disk:')).toThrow('expected disk:<folder>');
});

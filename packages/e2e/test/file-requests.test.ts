/** What is told of a file without its bytes: whoever has them, or asks for less, costs no look at the storage. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Thumbnail } from '@tintype/contracts';
import { photograph, startTintype, type Tintype } from '@tintype/testkit';
import { bodyOf, uploadThumbnail } from './calls.ts';

let tintype: Tintype;
let thumbnail: Thumbnail;
let bytes: number;
let etag: string;
beforeAll(async () => {
  tintype = await startTintype();
  thumbnail = await uploadThumbnail(tintype.url, await photograph(300, 200, 21));
  const [rendition] = thumbnail.renditions ?? [];
  bytes = rendition?.bytes ?? 0;
  etag = `"${rendition?.sha256}"`;
  await rm(join(tintype.dataDir, 'blobs'), { recursive: true });
});
afterAll(() => tintype.stop());

describe.each([
  ['the file', '/file', {}],
  ['the resource as a picture', '', { accept: 'image/*' }],
  ['the old address of the picture', 'compat', {}],
])('%s, when the storage has lost it', (_where, path, accept) => {
  const ask = (headers: Record<string, string>, method = 'GET') => {
    const url = path === 'compat' ? `${tintype.url}/thumbnails/${thumbnail.id}` : `${thumbnail.links.self}${path}`;
    return fetch(url, { method, headers: { ...accept, ...headers } });
  };

  test('then who has it already is told that it has not changed', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask({ 'if-none-match': etag }, method);
      expect([answer.status, answer.headers.get('etag'), (await answer.arrayBuffer()).byteLength]).toEqual([
        304,
        etag,
        0,
      ]);
    }
  });

  test('then a HEAD has the headers of the whole file, whatever range it names', async () => {
    for (const headers of [{}, { range: 'bytes=0-9' }]) {
      const answer = await ask(headers, 'HEAD');
      expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
        200,
        expect.objectContaining({
          etag,
          'content-length': String(bytes),
          'content-type': 'image/jpeg',
          'accept-ranges': 'bytes',
          'cache-control': expect.stringContaining('immutable'),
        }),
      ]);
    }
  });

  test('then a range that lies outside is 416 with the length', async () => {
    const answer = await ask({ range: `bytes=${bytes}-` });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('etag')]).toEqual([
      416,
      `bytes */${bytes}`,
      null,
    ]);
  });

  test('then who asks for bytes is told that they are gone, and to keep nothing', async () => {
    for (const headers of [{}, { range: 'bytes=0-9' }, { 'if-none-match': '"other"' }]) {
      const answer = await ask(headers);
      expect([answer.status, answer.headers.get('cache-control'), (await bodyOf(answer)).code]).toEqual([
        410,
        'no-store',
        'expired',
      ]);
    }
  });
});

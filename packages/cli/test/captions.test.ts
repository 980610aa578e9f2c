/** Captions in all the forms in which they come. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTestFolder } from '@tintype/testkit';
import { type Captions, readCaptions } from '../src/import/captions.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true }));

async function captionsIn(content: string | Buffer): Promise<Captions> {
  const path = join(folder, 'captions');
  await writeFile(path, content);
  return readCaptions(path);
}

const cat = { caption: 'A cat, in a park', tags: ['cat', 'park'] };

describe('what says the same', () => {
  test.each<[string, string | Buffer]>([
    ['CSV', 'file,caption,tags\ncat.jpg,"A cat, in a park","cat,park"\n'],
    [
      'CSV of a spreadsheet: a mark, CRLF, semicolons',
      '\ufefffile;caption;tags\r\ncat.jpg;A cat, in a park;cat|park\r\n',
    ],
    [
      'CSV with tabs, other columns and another order',
      'Tags\tid\tCaption\tFile_Name\ncat|park\t7\tA cat, in a park\tcat.jpg',
    ],
    [
      'UTF-16 of a spreadsheet',
      Buffer.from('\ufefffile\tcaption\ttags\r\ncat.jpg\tA cat, in a park\tcat|park\r\n', 'utf16le'),
    ],
    ['JSON with file', JSON.stringify([{ file: 'cat.jpg', caption: cat.caption, tags: cat.tags }])],
    ['JSON with file_name', JSON.stringify([{ file_name: './cat.jpg', caption: [cat.caption], tags: 'cat, park' }])],
  ])('%s', async (_, content) => {
    expect((await captionsIn(content)).of('cat.jpg')).toEqual(cat);
  });
});

test('when a caption has quotes, line breaks and its column’s separator, then it is whole', async () => {
  const captions = await captionsIn('file,caption\r\na.jpg,"A ""fine"" day,\r\nby the sea"\r\n\r\nb.jpg,\r\n');
  expect(captions.of('a.jpg')).toEqual({ caption: 'A "fine" day,\r\nby the sea', tags: [] });
  expect(captions.of('b.jpg')).toEqual({ caption: '', tags: [] });
  expect(captions.of('c.jpg')).toBeNull();
});

test('when a picture of COCO has several captions, then they are joined, the first one first', async () => {
  const images = [
    { id: 42, file_name: 'COCO_val2014_000000000042.jpg', height: 480 },
    { id: 73, file_name: 'COCO_val2014_000000000073.jpg' },
  ];
  const annotations = [
    { id: 2, image_id: 42, caption: 'This wire metal rack holds several pairs of shoes.' },
    { id: 1, image_id: 42, caption: 'A shoe rack with some shoes' },
    { id: 3, image_id: 42, caption: 'Shoes ' },
    { id: 4, image_id: 99, caption: 'Of a picture that is not listed' },
  ];
  const captions = await captionsIn(JSON.stringify({ info: {}, images, annotations }));
  expect(captions.of('val2014/COCO_val2014_000000000042.jpg')).toEqual({
    caption: 'This wire metal rack holds several pairs of shoes. A shoe rack with some shoes. Shoes',
    tags: [],
  });
  expect(captions.unused()).toEqual(['COCO_val2014_000000000073.jpg']);
});

test('when a file is named by its path, then that is no other file’s of the same name', async () => {
  const captions = await captionsIn('file,caption\na\\x.jpg,of a\nx.jpg,of all others\nZoe\u0308.jpg,accents apart\n');
  expect(captions.of('a/x.jpg')?.caption).toBe('of a');
  expect(captions.of('b/x.jpg')?.caption).toBe('of all others');
  expect(captions.of('Zo\u00eb.jpg')?.caption).toBe('accents apart');
});

test.each<[string, string | Buffer, string]>([
  ['nothing', '', 'has no column file (it is empty)'],
  ['no column of files', 'name,caption\na.jpg,x', 'has no column file (its first line has name, caption)'],
  ['a quote that is not closed', 'file,caption\na.jpg,"x\n', 'cannot be read as CSV (line '],
  ['JSON that is cut off', '[{"file": "a.jpg"', 'is not JSON'],
  ['JSON of something else', '{"a": 1}', 'is neither a list'],
  ['an entry without a file', '[{"file": "a.jpg"}, {"caption": "x"}]', 'entry 2 has no file_name or file'],
  ['a caption that is no text', '[{"file": "a.jpg", "caption": 7}]', 'entry 1: caption must be a text'],
  ['another encoding', Buffer.from('file,caption\na.jpg,caf\xe9', 'latin1'), 'is not UTF-8'],
])('when there is %s, then that is said', async (_, content, words) => {
  await expect(captionsIn(content)).rejects.toThrow(words);
});

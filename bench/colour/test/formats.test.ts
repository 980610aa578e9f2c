import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { formatKinds } from '../src/formats/format-kinds.ts';
import { formatsPage, rowsOfPage } from '../src/formats/format-report.ts';

test('when kinds of files are added or left out, then the table of docs/formats.md is made anew (bench:colour -- --suite formats --write)', async () => {
  const made = rowsOfPage(await readFile(formatsPage, 'utf8')).filter((row) => !row.endsWith('as packages ship it'));
  expect(made).toEqual(formatKinds.map(({ format, kind }) => `${format}, ${kind}`));
});

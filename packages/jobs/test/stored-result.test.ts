/** What a job's result looks like in its record. */
import { expect, test } from '@jest/globals';
import { fits, ThumbnailJobResult } from '@tintype/contracts';
import { readResult, writeResult } from '../src/record/stored-job.ts';
import { jobResult } from './queue-under-test.ts';

const times = { fetch: 1.5, recall: 1.2, decode: 3.3, resize: 0.7, colours: 9.8, store: 3.2 };

test.each([
  ['all steps', times],
  ['the first steps, as of work that was done before', { fetch: 0.3, recall: 0 }],
  ['steps with a gap', { fetch: 2, store: 0.1 }],
  ['no step', {}],
])('when a result with times of %s is written, then they come back', (_what, timingsMs) => {
  const result = { ...jobResult, timingsMs };
  expect(readResult(writeResult(result))).toEqual({ v: 1, ...result });
});

test('when a result is written, then readers that know nothing of the list of times can read the rest', () => {
  const text = writeResult({ ...jobResult, timingsMs: times });
  const { times: list, ...known } = JSON.parse(text);
  expect(list).toEqual([1.5, 1.2, 3.3, 0.7, 9.8, 3.2]);
  expect(known).toEqual({ v: 1, ...jobResult, timingsMs: {} });
  expect(fits(ThumbnailJobResult, JSON.parse(text))).toBe(true);
});

test('when an earlier version has written times by their names, then they are read', () => {
  const result = { ...jobResult, timingsMs: times };
  expect(readResult(JSON.stringify(result))).toEqual(result);
});

test('when a later version times more steps, then those that are known are read', () => {
  const text = JSON.stringify({ ...jobResult, timingsMs: {}, times: [1, 2, null, null, null, null, 7] });
  expect(readResult(text).timingsMs).toEqual({ fetch: 1, recall: 2 });
});

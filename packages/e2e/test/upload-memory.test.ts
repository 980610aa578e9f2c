/** What the API keeps in memory while it receives files. */
import { afterAll, expect, test } from '@jest/globals';
import {
  photograph,
  readPeakResidentBytes,
  readResidentBytes,
  resetPeakResidentBytes,
  startTintype,
} from '@tintype/testkit';

const tintype = await startTintype({ workers: 0, apiEnv: { LOG_LEVEL: 'warn' } });
afterAll(tintype.stop);
const megabyte = 1e6;
const picture = await photograph(64, 48);
const filler = new Uint8Array(10 * megabyte);

/** Answers how many were accepted. What follows a picture's end belongs to no picture; the API does not look. */
async function upload(count: number, more: Uint8Array<ArrayBuffer>[]): Promise<number> {
  const send = async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(picture), ...more]), 'picture.jpg');
    const answer = await fetch(`${tintype.url}/v1/thumbnails`, { method: 'POST', body: form });
    await answer.arrayBuffer();
    return answer.status;
  };
  const statuses = await Promise.all(Array.from({ length: count }, send));
  return statuses.filter((status) => status === 202).length;
}

test('when 20 uploads of 10 MB come at once, then the API grows by a small part of them', async () => {
  for (let round = 0; round < 10; round += 1) await upload(20, []);
  const { pid } = tintype.api;
  const restBytes = readResidentBytes([pid]);
  resetPeakResidentBytes(pid);
  expect(await upload(20, [filler])).toBe(20);
  expect((readPeakResidentBytes(pid) - restBytes) / megabyte).toBeLessThan(50);
});

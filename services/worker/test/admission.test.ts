/** What pictures hold of the worker's memory, and until when. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { MadePicture } from '@tintype/picture';
import { createAdmission, maxBytesHere } from '../src/picture/admission.ts';
import { createSemaphore } from '../src/semaphore.ts';

const memory = createSemaphore({ capacity: 2 ** 29 });
const job = { tenant: 'one', rank: 1, signal: new AbortController().signal };
const all = { bytesHere: maxBytesHere, bytes: maxBytesHere };

function pictureOf(bytes: number): MadePicture {
  return {
    facts: { format: 'png', width: 1, height: 1, hasAlpha: false },
    renditions: [{ name: 'default', width: 1, height: 1, format: 'png', bytes: Buffer.alloc(bytes) }],
    colours: null,
    placeholder: null,
  };
}

function createLong() {
  return createAdmission({ concurrency: 1, longPictures: 1, memory }).long;
}

/** Whether somebody else may have all of it now. */
async function isFree(lane: ReturnType<typeof createLong>): Promise<boolean> {
  let isInside = false;
  void lane.hold(job, all, async () => {
    isInside = true;
    return null;
  });
  for (let turns = 0; turns < 3; turns++) await turn();
  return isInside;
}

test('when large thumbnails have been made, then they count until they are released', async () => {
  const lane = createLong();
  const held = await lane.hold(job, all, async () => pictureOf(2 ** 20));
  expect(await isFree(lane)).toBe(false);
  held?.release();
  held?.release();
  expect(await isFree(lane)).toBe(true);
});

test.each<[string, () => Promise<MadePicture | null>]>([
  ['a small thumbnail has been made', async () => pictureOf(2000)],
  ['no picture came of it', async () => null],
  ['it failed', () => Promise.reject(new Error('damaged'))],
])('when %s, then nothing is held any more', async (_, make) => {
  const lane = createLong();
  await lane.hold(job, all, make).catch(() => null);
  expect(await isFree(lane)).toBe(true);
});

test('when one tenant holds all of the memory of long pictures, then a small one of another does not wait', async () => {
  const { hold } = createLong();
  const held = await hold(job, all, async () => pictureOf(maxBytesHere / 2));
  const small = { bytesHere: maxBytesHere / 8, bytes: maxBytesHere / 8 };
  const other = await hold({ ...job, tenant: 'other' }, small, async () => pictureOf(2000));
  expect(other?.renditions).toHaveLength(1);
  held?.release();
});

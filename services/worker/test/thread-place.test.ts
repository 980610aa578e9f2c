/** Threads: what they are given, what they say while they work, and what their end means. */
import { createHash } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { renditionOf } from '@tintype/contracts';
import { inspect, type PictureStep, planPicture } from '@tintype/picture';
import { createDescribingReducer, type ReducedThumbnail, type Reduction } from '@tintype/picture/reduced';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { createThreadPlace, ThreadEnded, type ThreadPlaceOptions } from '../src/picture/thread-place.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 100, maxDecodeBytes: 2 ** 30 };
const waiter = { tenant: 'one', rank: 1, signal: new AbortController().signal };
const untold = () => undefined;
const deaths: unknown[] = [];
const places: { stop(): Promise<void> }[] = [];
afterAll(() => Promise.all(places.map((place) => place.stop())));

function placeWith(changes: Partial<ThreadPlaceOptions> = {}) {
  const place = createThreadPlace({ count: 1, timeoutMs: 120_000, onDeath: (err) => deaths.push(err), ...changes });
  places.push(place);
  return place;
}

async function reductionOf(bytes: Buffer, count = 1, side = 100): Promise<Reduction> {
  const renditions = Array.from({ length: count }, (_, at) => ({
    name: `${at}`,
    ...renditionOf({ width: side, height: side, format: at === 0 ? 'webp' : 'jpeg' }),
  }));
  const { reduction } = planPicture(await inspect(bytes, limits), { renditions, colours: {} }, limits);
  if (!reduction) throw new Error('left to libvips');
  return reduction;
}

/** A JPEG with so many bytes of comment behind its end. */
async function largeJpeg(bytes: number): Promise<Buffer> {
  const jpeg = await photograph(800, 600);
  return Buffer.concat([jpeg, Buffer.alloc(bytes)]);
}

const hashOf = (made: ReducedThumbnail) =>
  createHash('sha256')
    .update('pixels' in made ? made.pixels.data : made.bytes)
    .digest('hex');

test.each([
  ['in shared memory', 0],
  ['on its own', 0],
  ['in several parts', 9 * 1024 * 1024],
])('when a file is handed over %s, then it is made as it would be here', async (how, more) => {
  const file = await largeJpeg(more);
  const bytes = how === 'in shared memory' ? Buffer.from(new SharedArrayBuffer(file.length)) : Buffer.from(file);
  file.copy(bytes);
  const reduction = await reductionOf(bytes, 2);
  const place = placeWith();
  const here = createDescribingReducer()(bytes, reduction);
  const there = await place.reduce(bytes, reduction, waiter, untold);
  expect(there?.description).toEqual(here?.description);
  expect(there?.renditions.map((made) => Object.keys(made).sort())).toEqual([['pixels'], ['bytes', 'height', 'width']]);
  expect(there?.renditions.map(hashOf)).toEqual(here?.renditions.map(hashOf));
  expect(bytes.equals(file)).toBe(true);
});

test('when a step lasts, then it is told while it does', async () => {
  const bytes = await sharp({ create: { width: 6000, height: 6000, channels: 3, background: '#345678' } })
    .jpeg()
    .toBuffer();
  const steps: PictureStep[] = [];
  const place = placeWith({ lookMs: 2 });
  await place.reduce(bytes, await reductionOf(bytes, 40, 250), waiter, (step) => void steps.push(step));
  expect(steps[0]).toBe('resize');
});

test('when a file is looked through, then it is in a thread; without threads nothing is known of it', async () => {
  const bytes = await largeJpeg(0);
  expect(await placeWith().scan(bytes, 'jpeg', waiter)).toBe('usual');
  expect(await placeWith({ count: 0 }).scan(bytes, 'jpeg', waiter)).toBe('undecided');
  expect(await placeWith({ count: 0 }).reduce(bytes, await reductionOf(bytes), waiter, untold)).toBeNull();
});

test('when a thread takes too long, then it is ended and that is told, and another thread goes on', async () => {
  const place = placeWith({ timeoutMs: 1 });
  const bytes = await largeJpeg(0);
  const reduction = await reductionOf(bytes);
  await expect(place.reduce(bytes, reduction, waiter, untold)).rejects.toThrow(ThreadEnded);
  await expect(place.reduce(bytes, reduction, waiter, untold)).rejects.toThrow(ThreadEnded);
  expect(deaths).toEqual([]);
});

test('when a scan is followed by megabytes of restart markers, then the file is left to libvips and the thread lives', async () => {
  const place = placeWith();
  const jpeg = await largeJpeg(0);
  const end = jpeg.lastIndexOf(Buffer.from([0xff, 0xd9]));
  const markers = Buffer.from(Array.from({ length: 8 }, (_, number) => [0xff, 0xd0 + number]).flat());
  const bytes = Buffer.concat([jpeg.subarray(0, end), Buffer.alloc(14_000_000, markers), jpeg.subarray(end)]);
  expect(await place.reduce(bytes, await reductionOf(jpeg), waiter, untold)).toBeNull();
  expect(deaths).toEqual([]);
});

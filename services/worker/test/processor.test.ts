/** The steps together on a real storage and Redis, without the queue around them. */
import { renameSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { childrenOf, firstChildOf, flatPng, photograph, slowJpeg } from '@tintype/testkit';
import { startStepClock } from '../src/step-clock.ts';
import { ProcessorUnderTest, sha256Of, usualRendition } from './processor-under-test.ts';

let under: ProcessorUnderTest;
beforeAll(async () => {
  under = await ProcessorUnderTest.start();
});
afterAll(() => under.stop());

test('when a job is processed, then every step runs in order and is timed, and the file is there', async () => {
  const steps: string[] = [];
  const result = await under.process(await under.uploadJob(await photograph(400, 300), steps));
  expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
  expect(Object.keys(result.timingsMs)).toEqual(steps);
  const [rendition] = result.renditions;
  expect(sha256Of(await under.blobs.read(rendition?.sha256 ?? ''))).toBe(rendition?.sha256);
  expect(await under.redis.hlen(keysOf(0).referrers(rendition?.sha256 ?? ''))).toBe(1);
});

test('when the same job runs twice, then it writes the same file', async () => {
  const job = await under.uploadJob(await photograph(300, 300, 2));
  const [first, second] = [await under.process(job), await under.process(job)];
  expect(second.renditions).toEqual(first.renditions);
});

test('when the uploaded file is gone, then the job fails for good', async () => {
  const job = await under.uploadJob(await flatPng('#000000'));
  await under.blobs.erase('upload' in job.data.source ? job.data.source.upload : '');
  await expect(under.process(job)).rejects.toMatchObject({ code: 'internal_error', retryable: false });
});

test('when the watermark of a job is damaged, then the job fails for good, and tells which it is', async () => {
  const mark = (await flatPng('#ff0000')).subarray(0, 60);
  const sha256 = sha256Of(mark);
  await under.blobs.put(sha256, mark);
  const renditions = [{ ...usualRendition, watermark: { sha256 } }];
  const job = await under.uploadJob(await flatPng('#00ff00'), [], { order: { renditions, colours: {} } });
  await expect(under.process(job)).rejects.toMatchObject({
    ...{ code: 'unreadable_watermark', retryable: false },
    message: `The watermark with the sha256 ${sha256} cannot be read.`,
  });
});

test('when the picture is over the limits or damaged, then the problem says which', async () => {
  await expect(under.process(await under.uploadJob(await flatPng('#ffffff', 4000, 3000)))).rejects.toMatchObject({
    code: 'too_many_pixels',
  });
  const photo = await photograph(300, 200, 5);
  await expect(under.process(await under.uploadJob(photo.subarray(0, 4000)))).rejects.toBeInstanceOf(Problem);
});

test('when a job is a suspect, then it is alone in a child: its death is its own, and nobody else notices', async () => {
  const suspect = { ...(await under.uploadJob(slowJpeg(1000))), isSuspect: true };
  const own = process;
  const redisServer = childrenOf(own.pid);
  const crash = under.process(suspect);
  own.kill(await firstChildOf(own.pid, redisServer), 'SIGKILL');
  const neighbour = under.process(await under.uploadJob(await photograph(300, 300, 7)));
  await expect(crash).rejects.toMatchObject({ code: 'worker_crashed', retryable: false });
  expect(await neighbour).toMatchObject({ cache: 'miss', renditions: [{ width: 100, height: 100 }] });
});

test.each([
  ['libvips makes it', 300, 300],
  ['its JPEG is reduced without libvips', 900, 700],
])(
  'when a suspect is innocent and %s, then it comes out as it would have without suspicion',
  async (_, width, height) => {
    const bytes = await photograph(width, height, 8);
    const steps: string[] = [];
    const suspected = await under.process({ ...(await under.uploadJob(bytes, steps)), isSuspect: true });
    const free = await under.process(await under.uploadJob(bytes));
    expect({ ...suspected, timingsMs: {} }).toEqual({ ...free, timingsMs: {} });
    expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
    expect(Object.keys(suspected.timingsMs).sort()).toEqual([
      'colours',
      'decode',
      'fetch',
      'recall',
      'resize',
      'store',
    ]);
  },
);

test('when the job is to end, then no further step begins', async () => {
  const abort = new AbortController();
  const clock = startStepClock({ enterStep: () => undefined, signal: abort.signal });
  await clock.run('fetch', async () => abort.abort(new Problem('internal_error')));
  await expect(clock.run('decode', async () => 'decoded')).rejects.toMatchObject({ code: 'internal_error' });
});

test('when the storage is away for a while, then the job waits and is done without being begun again', async () => {
  const steps: string[] = [];
  const job = await under.uploadJob(await photograph(300, 300, 7), steps);
  let isAway = false;
  const working = under.process({
    ...job,
    enterStep: (step) => {
      steps.push(step);
      if (step !== 'decode') return;
      isAway = true;
      renameSync(`${under.folder}/incoming`, `${under.folder}/away`);
    },
  });
  while (under.troubles.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isAway).toBe(true);
  await rename(`${under.folder}/away`, `${under.folder}/incoming`);
  const result = await working;
  expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
  expect(await under.blobs.size(result.renditions[0]?.sha256 ?? '')).not.toBeNull();
});

/** Work that was done before: what of it serves a later job, and what is done anew. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Problem, renditionOf, UnreadableRecord } from '@tintype/contracts';
import { createThumbnailRemoval } from '@tintype/jobs';
import { keysOf, openShard } from '@tintype/redis';
import { photograph } from '@tintype/testkit';
import { ProcessorUnderTest } from './processor-under-test.ts';

let under: ProcessorUnderTest;
beforeAll(async () => {
  under = await ProcessorUnderTest.start();
});
afterAll(() => under.stop());

test('when equal work is done, then it is recalled, and its file is retained for the new job too', async () => {
  const bytes = await photograph(300, 300, 3);
  const first = await under.uploadJob(bytes);
  const made = await under.process(first);
  await under.record(first, made);
  const steps: string[] = [];
  const again = await under.process(await under.uploadJob(bytes, steps));
  expect([again.cache, steps]).toEqual(['hit', ['fetch', 'recall']]);
  expect(again.colours).toEqual(made.colours);
  expect(await under.redis.hlen(keysOf(0).referrers(made.renditions[0]?.sha256 ?? ''))).toBe(2);
});

const coloursOnly = { order: { renditions: [], colours: {} } };

test('when only colours are wanted, then no thumbnail is made; known ones are not found again, whatever the size was', async () => {
  const bytes = await photograph(300, 300, 6);
  const alone = await under.uploadJob(bytes, [], coloursOnly);
  const first = await under.process(alone);
  expect([first.renditions, first.cache]).toEqual([[], 'miss']);
  await under.record(alone, first);

  const steps: string[] = [];
  const sizedJob = await under.uploadJob(bytes, steps, {
    order: { renditions: [{ name: 'default', ...renditionOf({ width: 50 }) }], colours: {} },
  });
  const sized = await under.process(sizedJob);
  await under.record(sizedJob, sized);
  expect([steps, sized.cache]).toEqual([['fetch', 'recall', 'decode', 'resize', 'store'], 'miss']);
  expect([sized.colours, sized.thumbhash]).toEqual([first.colours, first.thumbhash]);

  const again = await under.process(await under.uploadJob(bytes, [], coloursOnly));
  expect([again.cache, again.renditions, again.colours]).toEqual(['hit', [], first.colours]);
});

const named = (name: string, width: number) => ({ name, ...renditionOf({ width }) });
const ordering = (...renditions: ReturnType<typeof named>[]) => ({ order: { renditions, colours: {} } });

test('when some of several thumbnails were made before, then only the others are made; all are the job’s own', async () => {
  const bytes = await photograph(300, 300, 16);
  const first = await under.uploadJob(bytes, [], ordering(named('default', 60), named('wide', 90)));
  const made = await under.process(first);
  expect(made.renditions.map(({ name, width }) => [name, width])).toEqual([
    ['default', 60],
    ['wide', 90],
  ]);
  await under.record(first, made);

  const steps: string[] = [];
  const second = await under.uploadJob(bytes, steps, ordering(named('new', 30), named('again', 90)));
  const partly = await under.process(second);
  expect([steps, partly.cache]).toEqual([['fetch', 'recall', 'decode', 'resize', 'store'], 'miss']);
  expect(partly.renditions).toMatchObject([
    { name: 'new', width: 30 },
    { ...made.renditions[1], name: 'again' },
  ]);
  expect(partly.colours).toEqual(made.colours);
  expect(await under.redis.hexists(keysOf(0).referrers(made.renditions[1]?.sha256 ?? ''), second.id)).toBe(1);
  await under.record(second, partly);

  const third = await under.uploadJob(bytes, [], ordering(named('a', 30), named('b', 60), named('c', 90)));
  const all = await under.process(third);
  expect([all.cache, all.renditions.map(({ name, width }) => [name, width])]).toEqual([
    'hit',
    [
      ['a', 30],
      ['b', 60],
      ['c', 90],
    ],
  ]);
});

test('when one of several files is gone, then that one is made anew and the others serve', async () => {
  const bytes = await photograph(300, 300, 17);
  const order = ordering(named('default', 60), named('wide', 90));
  const first = await under.uploadJob(bytes, [], order);
  const made = await under.process(first);
  await under.record(first, made);
  await under.blobs.erase(made.renditions[1]?.sha256 ?? '');
  const again = await under.process(await under.uploadJob(bytes, [], order));
  expect([again.cache, again.renditions]).toEqual(['miss', made.renditions]);
  expect(await under.blobs.size(made.renditions[1]?.sha256 ?? '')).not.toBeNull();
});

test('when an attempt fails, then what it found stays noted, since another worker may have the job by now', async () => {
  const bytes = await photograph(300, 300, 18);
  const first = await under.uploadJob(bytes, [], ordering(named('default', 60)));
  const made = await under.process(first);
  await under.record(first, made);
  const failing = await under.uploadJob(bytes, [], ordering(named('default', 60), named('wide', 90)));
  const broken = {
    ...failing,
    enterStep: (step: string) => {
      if (step === 'decode') throw new Problem('internal_error');
    },
  };
  await expect(under.process(broken)).rejects.toThrow();
  const referring = () => under.redis.hkeys(keysOf(0).referrers(made.renditions[0]?.sha256 ?? ''));
  expect(await referring()).toEqual([first.id, failing.id]);
  const eraseBlob = under.blobs.erase;
  const removal = createThumbnailRemoval({
    shard: openShard(under.redis),
    eraseBlob,
    onError: (err) => void under.troubles.push(err),
  });
  expect(await removal.remove(failing.id)).toBe(true);
  expect(await referring()).toEqual([first.id]);
});

test('when an earlier result cannot be read, then it is told, and the work is done anew', async () => {
  const bytes = await photograph(300, 300, 19);
  const first = await under.uploadJob(bytes);
  await under.record(first, await under.process(first));
  await under.redis.hset(keysOf(0).job(first.id), 'returnvalue', '{"v":7}');
  expect((await under.process(await under.uploadJob(bytes))).cache).toBe('miss');
  expect(under.unreadable).toHaveLength(1);

  let joined = 0;
  const shared = {
    ...(await under.uploadJob(bytes)),
    joinDownload: async (takeOver = false) => {
      joined += 1;
      if (!takeOver) throw new UnreadableRecord('of a later version');
      return null;
    },
  };
  expect((await under.process(shared)).renditions).toHaveLength(1);
  expect([joined, under.unreadable.length]).toEqual([2, 2]);
});

test('when the earlier file or record is gone, then the work is done anew', async () => {
  const bytes = await photograph(300, 300, 4);
  const first = await under.uploadJob(bytes);
  const made = await under.process(first);
  expect((await under.process(await under.uploadJob(bytes))).cache).toBe('miss');
  await under.record(first, made);
  await under.blobs.erase(made.renditions[0]?.sha256 ?? '');
  const again = await under.process(await under.uploadJob(bytes));
  expect(again.cache).toBe('miss');
  expect(await under.blobs.size(again.renditions[0]?.sha256 ?? '')).not.toBeNull();
});

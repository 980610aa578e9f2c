/** The same work is done once, also while it is being done; whoever does it may fail without failing the others. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Problem, renditionOf } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import type { ThumbnailJob } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(() => under.closeWorkers(0));

const jobOf = (id: string) => keysOf(0).job(id);
const source = (name: string) => ({ source: { url: `https://example.org/${name}.jpg` } });

/** Two workers that download; `download` is what it means. */
function downloadWith(download: (job: ThumbnailJob) => Promise<void>): string[] {
  const downloaded: string[] = [];
  const process = async (job: ThumbnailJob) => {
    const shared = await job.joinDownload();
    if (shared) return { ...shared, cache: 'hit' as const };
    downloaded.push(job.id);
    await download(job);
    return jobResult;
  };
  for (const _ of [0, 1]) under.work(process);
  return downloaded;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('when a thousand jobs want one URL, then one downloads, all are done under their ids, and others are not held up', async () => {
  const gate = Promise.withResolvers<void>();
  const downloaded = downloadWith(({ data }) =>
    'url' in data.source && data.source.url.includes('many') ? gate.promise : pause(1),
  );
  const ids = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => under.add({ ...source('many'), metadata: { n } })),
  );
  const other = await under.add(source('other'));
  await under.until(other, ({ status }) => status === 'completed');
  expect(downloaded).toHaveLength(2);
  gate.resolve();
  const records = await Promise.all(ids.map((id) => under.until(id, ({ status }) => status === 'completed')));
  expect(downloaded).toHaveLength(2);
  expect(records.every(({ attempts, result }) => attempts === 1 && result !== null)).toBe(true);
  expect(new Set(records.map(({ data }) => data.metadata?.n)).size).toBe(1000);
});

test.each(['fails', 'is cancelled'])(
  'when the one that downloads %s, then another one downloads, and the rest share it',
  async (how) => {
    const name = how.replace(' ', '-');
    const began = Promise.withResolvers<string>();
    const gate = Promise.withResolvers<void>();
    const downloaded = downloadWith(async (job) => {
      if (downloaded.length > 1) return;
      began.resolve(job.id);
      job.signal.addEventListener('abort', () => gate.resolve());
      await gate.promise;
      throw new Problem('not_an_image');
    });
    const ids = await Promise.all(Array.from({ length: 20 }, () => under.add(source(name))));
    const leader = await began.promise;
    const rest = ids.filter((id) => id !== leader);
    await pause(100); // the rest have found it at work
    if (how === 'fails') gate.resolve();
    else await under.control.cancel(leader);
    for (const id of rest) await under.until(id, ({ status }) => status === 'completed');
    expect(downloaded).toHaveLength(2);
    expect((await under.record(leader)).status).toBe(how === 'fails' ? 'failed' : 'cancelled');
  },
);

test('when a second one fails too, then those that were handed in before it began share its failure', async () => {
  const gate = Promise.withResolvers<void>();
  const downloaded = downloadWith(async () => {
    await gate.promise;
    throw new Problem('source_timeout');
  });
  const ids = await Promise.all(Array.from({ length: 300 }, () => under.add(source('silent'))));
  await pause(50);
  gate.resolve();
  for (const id of ids) {
    expect((await under.until(id, ({ status }) => status === 'failed')).problem?.code).toBe('source_timeout');
  }
  expect(downloaded).toHaveLength(2);
  const [again = ''] = ids.filter((id) => !downloaded.includes(id));
  await under.control.retry(again, 'default', 'source_timeout');
  await under.until(again, ({ status }) => status === 'failed');
  expect(downloaded).toHaveLength(3);
});

test('when the worker of the one that downloads has died, then another one downloads as soon as that is known', async () => {
  const downloaded = downloadWith(() => pause(1));
  const leader = await under.add(source('dead'));
  await under.until(leader, ({ status }) => status === 'completed');
  // What a worker leaves that is killed: an unfinished job with a lock that runs out.
  await under.producer.hdel(jobOf(leader), 'returnvalue', 'finishedOn');
  await under.producer.hset(jobOf(leader), 'pb', 'dead');
  await under.producer.set(keysOf(0).lock(leader), 'token', 'PX', 1000);
  const followers = [await under.add(source('dead')), await under.add(source('dead'))];
  await pause(100);
  expect(await under.record(followers[0] ?? '')).toMatchObject({ status: 'queued', attempts: 0 });
  for (const id of followers) await under.until(id, ({ status }) => status === 'completed');
  expect(downloaded).toHaveLength(2);
});

test('when the download was over before a job was handed in, then that one downloads anew', async () => {
  const downloaded = downloadWith(() => pause(1));
  const first = await under.add(source('again'));
  await under.until(first, ({ status }) => status === 'completed');
  await pause(5);
  const second = await under.add(source('again'));
  await under.until(second, ({ status }) => status === 'completed');
  expect(downloaded).toEqual([first, second]);
});

const ofWidth = (width: number) => ({ ...jobData.order, renditions: [{ name: 'default', ...renditionOf({ width }) }] });

test('when tenants or sizes differ, then nothing is shared', async () => {
  const gate = Promise.withResolvers<void>();
  const downloaded = downloadWith(() => gate.promise);
  const changes = [{}, { tenant: 'b' }, { order: ofWidth(50) }];
  const ids = await Promise.all(changes.map((change) => under.add({ ...source('differ'), ...change })));
  while (downloaded.length < 3) await pause(5);
  gate.resolve();
  for (const id of ids) await under.until(id, ({ status }) => status === 'completed');
});

test('when a follower is cancelled, then it ends at once and the others are done', async () => {
  const gate = Promise.withResolvers<void>();
  const began = Promise.withResolvers<string>();
  downloadWith((job) => {
    began.resolve(job.id);
    return gate.promise;
  });
  const first = await under.add(source('shared'));
  await began.promise;
  const [follower, kept] = [await under.add(source('shared')), await under.add(source('shared'))];
  await pause(100);
  expect(await under.record(follower)).toMatchObject({ status: 'queued', attempts: 0 });
  await under.control.cancel(follower);
  gate.resolve();
  for (const id of [first, kept]) await under.until(id, ({ status }) => status === 'completed');
  expect((await under.record(follower)).status).toBe('cancelled');
});

/** Lists of a tenant's jobs: newest first, by status and code, page by page; kept by the scripts, and put right. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import type { RedisConnection } from '@tintype/redis';
import { createJobListReader, createReconciliation, createThumbnailRemoval } from '../src/index.ts';
import { type JobListFilters, lookedAtPerPage } from '../src/lists/list-reader.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let redis: RedisConnection;
beforeAll(async () => {
  under = await startQueueUnderTest();
  redis = under.producer;
});
afterEach(async () => {
  await under.closeWorkers(0);
  await redis.flushdb();
});
afterAll(() => under.stop());

/** Ids of different moments, the last one being the newest. */
const idsOf = (count: number) => Array.from({ length: count }, (_, at) => newThumbnailId(0, Date.now() - count + at));
const list = (filters: JobListFilters = {}, limit = 20, after: string | null = null, tenant = 'default') =>
  createJobListReader(under.shard)(tenant, filters, { limit, after });
const idsIn = async (filters: JobListFilters = {}) => (await list(filters)).ids;
const removal = () =>
  createThumbnailRemoval({ shard: under.shard, eraseBlob: async () => undefined, onError: () => undefined });
const reconcile = () =>
  createReconciliation({
    shard: under.shard,
    listBlobs: async function* () {},
    eraseBlob: async () => undefined,
  }).run();
const listKeys = async () => (await redis.keys(`${under.shard.keys.listPrefix}*`)).sort();
const dumpLists = async () =>
  Promise.all((await listKeys()).map(async (key) => [key, await redis.zrangeBuffer(key, '0', '-1')]));

/** A job of each status, the oldest first, and a worker that made them so. */
async function oneOfEach() {
  const ids = idsOf(5);
  const [completed = '', failed = '', cancelled = '', processing = '', queued = ''] = ids;
  const gate = Promise.withResolvers<void>();
  under.work(async ({ id }) => {
    if (id === failed) throw new Problem('not_an_image');
    if (id === processing) await gate.promise;
    return jobResult;
  });
  await under.queue.add(cancelled, { ...jobData, priority: 'low' });
  await under.control.cancel(cancelled);
  for (const id of [completed, failed, processing]) await under.queue.add(id, jobData);
  await under.until(completed, ({ status }) => status === 'completed');
  await under.until(failed, ({ status }) => status === 'failed');
  await under.until(processing, ({ status }) => status === 'processing');
  await under.pauses.pause(['low']);
  await under.queue.add(queued, { ...jobData, priority: 'low' });
  return { ids, completed, failed, cancelled, processing, queued, open: gate.resolve };
}

test('when jobs of every status are listed, then each filter has its own, and the reconciliation finds nothing wrong', async () => {
  const { ids, open, ...byStatus } = await oneOfEach();
  expect(await idsIn()).toEqual(ids.toReversed());
  for (const status of ['completed', 'failed', 'cancelled', 'processing', 'queued'] as const) {
    expect([status, await idsIn({ status })]).toEqual([status, [byStatus[status]]]);
  }
  expect(await idsIn({ status: 'failed', code: 'not_an_image' })).toEqual([byStatus.failed]);
  expect(await idsIn({ status: 'failed', code: 'internal_error' })).toEqual([]);
  const before = await dumpLists();
  expect(await reconcile()).toMatchObject({ lists: 0 });
  expect(await dumpLists()).toEqual(before);
  open();
  await under.until(byStatus.processing, ({ status }) => status === 'completed');
  expect(await idsIn({ status: 'processing' })).toEqual([]);
});

test('when a failed job is retried and then completes, then it is where it belongs', async () => {
  const [id = ''] = idsOf(1);
  let isGood = false;
  under.work(async () => {
    if (!isGood) throw new Problem('not_an_image');
    return jobResult;
  });
  await under.queue.add(id, jobData);
  await under.until(id, ({ status }) => status === 'failed');
  isGood = true;
  expect(await under.control.retry(id, 'default', 'not_an_image')).toBe(true);
  await under.until(id, ({ status }) => status === 'completed');
  expect(await idsIn({ status: 'failed' })).toEqual([]);
  expect(await idsIn({ status: 'completed' })).toEqual([id]);
  expect(await reconcile()).toMatchObject({ lists: 0 });
});

test('when pages are walked, then every job comes once, and none of another tenant or before the time asked for', async () => {
  const ids = idsOf(7);
  for (const id of ids) await under.queue.add(id, jobData);
  await under.queue.add(newThumbnailId(), { ...jobData, tenant: 'other shop' });
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page = await list({}, 3, after);
    seen.push(...page.ids);
    after = page.next;
  } while (after !== null);
  expect(seen).toEqual(ids.toReversed());
  const [, , third = ''] = ids;
  const createdAfterMs = Number.parseInt(third.replace('-', '').slice(0, 12), 16);
  expect(await idsIn({ createdAfterMs })).toEqual(ids.slice(3).toReversed());
  expect((await list({}, 20, null, 'other shop')).ids).toHaveLength(1);
});

test('when few of many fit, then a page looks at a bounded number, and the next ones find them', async () => {
  const ids = idsOf(2 * lookedAtPerPage);
  const tenant = 'default';
  const [oldest = ''] = ids;
  under.work(async () => jobResult);
  await under.queue.add(oldest, jobData);
  await under.until(oldest, ({ status }) => status === 'completed');
  await under.closeWorkers(0);
  await Promise.all(ids.slice(1).map((id) => under.queue.add(id, { ...jobData, tenant })));
  const first = await list({ status: 'completed' });
  expect(first.ids).toEqual([]);
  expect(first.next).not.toBeNull();
  const pages: string[] = [];
  for (let after = first.next; after !== null; ) {
    const page = await list({ status: 'completed' }, 20, after);
    pages.push(...page.ids);
    after = page.next;
  }
  expect(pages).toEqual([oldest]);
});

test('when a job is removed, then it leaves every list', async () => {
  const { ids, open } = await oneOfEach();
  open();
  await under.closeWorkers();
  for (const id of ids) expect(await removal().remove(id)).toBe(true);
  expect(await listKeys()).toEqual([]);
});

test('when jobs are of an earlier release, or a script of one has ended or removed them, then the reconciliation lists them right', async () => {
  const { ids, open } = await oneOfEach();
  const right = await dumpLists();
  await redis.del(...(await listKeys()));
  await redis.zadd(`${under.shard.keys.listPrefix}all:default`, 0, Buffer.alloc(16, 1));
  await redis.zadd(
    `${under.shard.keys.listPrefix}failed:default`,
    0,
    Buffer.from(ids[0]?.replaceAll('-', '') ?? '', 'hex'),
  );
  expect(await reconcile()).toMatchObject({ lists: 11 });
  expect(await dumpLists()).toEqual(right);
  open();
});

/** Who last heard from the source of a URL is found again, by tenant, as long as the record of that job is there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, UnreadableRecord } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { createRememberedSources, createThumbnailRemoval, type RememberedSources } from '../src/index.ts';
import { dropGoneSources } from '../src/sharing/remembered-sources.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let sources: RememberedSources;
beforeAll(async () => {
  under = await startQueueUnderTest();
  sources = createRememberedSources(under.shard);
});
afterAll(() => under.stop());

const validity = { etag: '"one"', freshUntilMs: 5 };
const aSource = (url = `https://example.org/${newThumbnailId()}`) => ({ tenant: 'default', source: { url } });

async function heard(source: ReturnType<typeof aSource>, fields: Record<string, string> = {}): Promise<string> {
  const id = newThumbnailId();
  const returnvalue = JSON.stringify({ ...jobResult, validity });
  await under.producer.hset(keysOf(0).job(id), { returnvalue, ...fields });
  await sources.remember(source, { id });
  return id;
}

test('when a job has heard from it, then its result is found for this tenant and URL, and for no other', async () => {
  const source = aSource();
  await heard(source);
  expect(await sources.find(source)).toEqual({ ...jobResult, validity });
  expect(await sources.find({ ...source, tenant: 'b' })).toBeNull();
  expect(await sources.find(aSource())).toBeNull();
  // Where a worker reaches it is what counts, whatever the client calls it.
  const elsewhere = { tenant: 'default', source: { url: 'https://example.org/', fetchUrl: source.source.url } };
  expect(await sources.find(elsewhere)).toEqual({ ...jobResult, validity });
});

test.each(['cancelledAt', 'deletedAt'])('when that job has %s, then nothing is known', async (field) => {
  const source = aSource();
  await heard(source, { [field]: '1' });
  expect(await sources.find(source)).toBeNull();
});

test('when its record is gone, has heard nothing or cannot be read, then nothing is known, or it is told', async () => {
  const source = aSource();
  const key = keysOf(0).job(await heard(source));
  await under.producer.hset(key, 'returnvalue', JSON.stringify(jobResult));
  expect(await sources.find(source)).toBeNull();
  await under.producer.hset(key, 'returnvalue', '{"v":7}');
  await expect(sources.find(source)).rejects.toBeInstanceOf(UnreadableRecord);
  await under.producer.del(key);
  expect(await sources.find(source)).toBeNull();
});

test('when a source says that nothing may be kept, then what was known is over', async () => {
  const source = aSource();
  await heard(source);
  await sources.remember(source, null);
  expect(await sources.find(source)).toBeNull();
});

test('when an upload is remembered, then nothing is', async () => {
  const upload = { tenant: 'default', source: { upload: 'a'.repeat(64), bytes: 1 } };
  const before = await under.producer.dbsize();
  await sources.remember(upload, { id: newThumbnailId() });
  expect([await sources.find(upload), await under.producer.dbsize()]).toEqual([null, before]);
});

test('when the record is removed, then its entry goes with it, and one of a later job stays', async () => {
  const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob: async () => {}, onError: () => undefined });
  const sourceOf = (url: string) => ({ tenant: jobData.tenant, source: { url } });
  const entries = async () => {
    const names = await under.producer.keys(keysOf(0).sources(0).replace(/0$/, '*'));
    return (await Promise.all(names.map((name) => under.producer.hlen(name)))).reduce((sum, count) => sum + count, 0);
  };
  const before = await entries();
  const [own, taken] = [`https://example.org/${newThumbnailId()}`, `https://example.org/${newThumbnailId()}`];
  for (const url of [own, taken]) {
    const id = await under.add({ source: { url } });
    await sources.remember(sourceOf(url), { id });
    if (url === taken) await heard(sourceOf(url));
    expect(await removal.remove(id)).toBe(true);
  }
  expect(await sources.find(sourceOf(taken))).not.toBeNull();
  expect(await entries()).toBe(before + 1);
});

test('when a record went without its entry, then the reconciliation drops that', async () => {
  const [gone, kept] = [aSource(), aSource()];
  await under.producer.del(keysOf(0).job(await heard(gone)));
  await heard(kept);
  let dropped = 0;
  for await (const piece of dropGoneSources(under.shard)) dropped += piece.dropped;
  expect(dropped).toBeGreaterThanOrEqual(1);
  for await (const piece of dropGoneSources(under.shard)) expect(piece.dropped).toBe(0);
  expect(await sources.find(kept)).not.toBeNull();
});

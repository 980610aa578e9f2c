/** What a job is counted with is what it comes to take in Redis, or a little more: measured on many of each kind. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  maxMetadataBytes,
  type NamedRendition,
  newThumbnailId,
  Problem,
  type ThumbnailJobData,
} from '@tintype/contracts';
import {
  createBlobReferrers,
  createFinishedWork,
  createLinkPictures,
  createRememberedSources,
  createUsageReader,
} from '../../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());

const usedMemory = async () => Number(/^used_memory:(\d+)/m.exec(await under.producer.info('memory'))?.[1]);
const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');
const colour = { hex: '#1e3a5f', share: 0.1234, name: 'midnightblue' };
const named = { hex: '#1e3a5f', name: 'midnightblue' };
const colours = {
  dominant: colour,
  background: { ...named, confidence: 0.97 },
  average: named,
  accent: named,
  palette: Array.from({ length: 16 }, () => colour),
  text: '#ffffff',
  contrast: 11.25,
  scheme: 'dark',
  transparentShare: 0,
} as const;

const rendition = (name: string): NamedRendition => ({ name, width: 100, height: 100, fit: 'cover', format: 'auto' });
const many = Array.from({ length: 12 }, (_, at) => rendition(at === 0 ? 'default' : `size-${at}`));
const url = (length: number) => `https://example.org/${'a'.repeat(length)}`;

const kinds: [string, Partial<ThumbnailJobData>][] = [
  ['small', {}],
  ['of a link', {}],
  ['with as many metadata as may be', { metadata: { note: 'x'.repeat(maxMetadataBytes - 20) } }],
  ['with a long URL', { source: { url: url(2000) } }],
  ['with twelve thumbnails', { order: { renditions: many, colours: {} } }],
  ['that fails', { metadata: { ends: 'fails' } }],
];

const validity = { etag: '"5f3a1c2b-c654d"', modifiedAtMs: 1_764_347_245_000, freshUntilMs: 1_764_347_245_000 };

/** The first ones fill what does not grow with jobs, like the stream of events. */
const [warmUp, count] = [2600, 800];

function startWorker() {
  const referrers = createBlobReferrers(under.shard);
  const finished = createFinishedWork(under.shard, () => undefined);
  const sources = createRememberedSources(under.shard);
  return under.work(async ({ id, data, signal }) => {
    const { ends } = data.metadata ?? {};
    if (ends === 'fails')
      throw new Problem('source_unreachable', { detail: 'The host has no address.', retryable: false });
    const renditions = [];
    for (const { name } of data.order.renditions) {
      const sha256 = sha256Of(id + name);
      await referrers.retain(sha256, id, 2381);
      renditions.push({ name, width: 100, height: 100, format: 'jpeg' as const, bytes: 2381, sha256 });
    }
    const work = {
      tenant: data.tenant,
      sourceSha256: sha256Of(id),
      order: data.order,
      versions: { render: 1, colours: 1 },
    };
    await finished.claim(work, { id, signal });
    await finished.remember(work, { id, expiresAtMs: data.expiresAtMs });
    // Every job has a URL of its own here.
    await sources.remember({ tenant: id, source: data.source }, { id });
    return { ...jobResult, validity, renditions, colours, thumbhash: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w' };
  });
}

async function doJobs(jobs: number, changes: Partial<ThumbnailJobData>, isOfLink = false): Promise<void> {
  const pictures = createLinkPictures(under.shard);
  const ids: string[] = [];
  for (let n = 0; n < jobs; n += 1) {
    const id = newThumbnailId();
    await under.queue.add(id, { ...jobData, requestId: newThumbnailId(), ...changes });
    // As a link does, which has names for its picture and its source.
    const names = { name: sha256Of(id).slice(0, 24), source: sha256Of(id).slice(24, 48) };
    if (isOfLink) await pictures.replace(names, { job: null, next: null }, { job: id, next: null }, 86_400_000);
    ids.push(id);
  }
  for (const id of ids) await under.until(id, ({ finishedAtMs }) => finishedAtMs !== null);
}

const counted = async () => (await createUsageReader(under.shard)('default')).redisBytes;

test('when jobs have ended, then they take what they were counted with, or less', async () => {
  const worker = startWorker();
  await doJobs(warmUp, {});
  for (const [kind, changes] of kinds) {
    const [takenBefore, countedBefore] = [await usedMemory(), await counted()];
    await doJobs(count, changes, kind === 'of a link');
    const taken = ((await usedMemory()) - takenBefore) / count;
    const each = ((await counted()) - countedBefore) / count;
    process.stderr.write(`jobs ${kind}: ${Math.round(taken)} bytes are taken, ${each} counted\n`);
    expect([kind, taken < each, taken > each / 4]).toEqual([kind, true, true]);
  }
  await worker.close();
});

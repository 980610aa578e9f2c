/** What Redis answers for a while, or forgets, keeps no job and no client for ever. */
import { afterEach, expect, test } from '@jest/globals';
import { connectWorker, disconnect } from '@tintype/redis';
import { flatPng, slowJpeg, startTintype, type Tintype } from '@tintype/testkit';
import { bodyOf, thumbnailIn } from './calls.ts';

let tintype: Tintype;
afterEach(() => tintype.stop());

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function post(bytes: Buffer, query = '', headers: Record<string, string> = {}): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), 'picture');
  return fetch(`${tintype.url}/v1/thumbnails${query}`, { method: 'POST', body: form, headers });
}

async function statusOf(id: string): Promise<string> {
  return (await thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails/${id}`))).status;
}

test('when Redis, or who stands before it, answers with errors while jobs end, then requests get 503, and the jobs are completed once it answers again', async () => {
  tintype = await startTintype({ movesRedis: true, workerEnv: { WORKER_CONCURRENCY: '2' } });
  const picture = slowJpeg(2000);
  const ids: string[] = [];
  for (let count = 0; count < 4; count++) {
    ids.push((await thumbnailIn(await post(Buffer.concat([picture, Buffer.from([count])])))).id);
  }
  while ((await statusOf(ids[0] ?? '')) !== 'processing') await pause(5);
  for (const words of ['ERR something that passes', 'no upstream host']) {
    tintype.relay?.refuseWith(words);
    for (let tries = 0; tries < 4; tries++) {
      await pause(500);
      const answer = await fetch(`${tintype.url}/v1/thumbnails/${ids[0]}`);
      expect([answer.status, await bodyOf(answer)]).toEqual([
        503,
        expect.objectContaining({ code: 'dependency_unavailable' }),
      ]);
    }
  }
  tintype.relay?.refuseWith(null);
  let ends: string[] = [];
  for (let tries = 0; tries < 150 && ends.filter((end) => end === 'completed').length < ids.length; tries++) {
    await pause(100);
    ends = await Promise.all(ids.map(statusOf));
  }
  expect(ends).toEqual(ids.map(() => 'completed'));
});

test('when the job of a waiting request is lost with Redis’ last second, then that is a 503, and its key is good for another try', async () => {
  tintype = await startTintype({ workers: 0 });
  const redis = connectWorker(tintype.redis.url);
  const [bytes, headers] = [await flatPng('#008080'), { 'idempotency-key': 'once' }];
  const waiting = post(bytes, '?wait=2', headers);
  while ((await redis.keys('*:thumbnails:*-*')).length === 0) await pause(5);
  await redis.flushall(); // what a replica that is promoted has never heard of
  const first = await waiting;
  expect([first.status, first.headers.get('retry-after'), await bodyOf(first)]).toEqual([
    503,
    '2',
    expect.objectContaining({ code: 'dependency_unavailable' }),
  ]);
  await disconnect(redis);
  const second = await post(bytes, '', headers);
  expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([202, null]);
  expect(await statusOf((await thumbnailIn(second)).id)).toBe('queued');
});

/** Sources that never answer delay nobody else's picture. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Origin, photograph, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { makeThumbnail, thumbnailIn } from './calls.ts';

let tintype: Tintype;
let good: Origin;
let silent: Origin[];
beforeAll(async () => {
  good = await startOrigin();
  silent = await Promise.all(Array.from({ length: 60 }, startOrigin));
  const allowed = [good, ...silent].map(({ host }) => host).join(',');
  tintype = await startTintype({ workerEnv: { FETCH_ALLOW: allowed } });
});
afterAll(async () => {
  await tintype.stop();
  for (const origin of [good, ...silent]) await origin.close();
});

async function submit(url: string): Promise<string> {
  const response = await fetch(`${tintype.url}/v1/thumbnails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });
  return (await thumbnailIn(response)).id;
}

test.each(['one host', 'as many hosts'])(
  'when 60 URLs of %s never answer, then a good one is done before any of them has timed out',
  async (hosts) => {
    const name = hosts.replaceAll(' ', '-');
    const urls = silent.map(
      (origin, n) => (hosts === 'one host' ? silent[0] : origin)?.url(`/never?${name}=${n}`) ?? '',
    );
    const ids = await Promise.all(urls.map(submit));
    good.serve(`/${name}.jpg`, await photograph(200, 200, 51));
    const done = await makeThumbnail(tintype.url, { url: good.url(`/${name}.jpg`), priority: 'low' });
    expect(done.status).toBe('completed');
    const others = await Promise.all(
      ids.map(async (id) => thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails/${id}`))),
    );
    expect(others.filter(({ status }) => status === 'failed')).toEqual([]);
    await Promise.all(ids.map((id) => fetch(`${tintype.url}/v1/thumbnails/${id}`, { method: 'DELETE' })));
  },
);

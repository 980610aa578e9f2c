/** Who goes first, through the API and a real worker: one tenant's backlog is in nobody's way. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Thumbnail } from '@tintype/contracts';
import { type Origin, photograph, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { thumbnailIn } from './calls.ts';

const keys = { A: 'a'.repeat(32), B: 'b'.repeat(32) };
/** Jobs that the worker holds at once. */
const places = { fetching: 4, decoding: 2 };
const backlog = 150;

let tintype: Tintype;
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  origin.serve('/photo.jpg', await photograph(200, 200, 7), { pauseMs: 20 });
  tintype = await startTintype({
    apiEnv: {
      ...{ AUTH: 'required', RATE_LIMIT: 'off' },
      API_KEYS: `A:${keys.A}:thumbnails,B:${keys.B}:thumbnails`,
    },
    workerEnv: {
      ...{ FETCH_ALLOW: origin.host, FETCH_CONCURRENCY: String(places.fetching), FETCH_PER_HOST: '2' },
      WORKER_CONCURRENCY: String(places.decoding),
    },
  });
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

let serial = 0;
async function call(tenant: 'A' | 'B', path: string, priority?: string): Promise<Thumbnail> {
  const post = priority && {
    method: 'POST',
    body: JSON.stringify({ url: origin.url(`/photo.jpg?${serial++}`), priority }),
  };
  const headers = { 'x-api-key': keys[tenant], ...(post && { 'content-type': 'application/json' }) };
  return thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails${path}`, { ...post, headers }));
}

test.each([
  { of: 'another tenant', tenant: 'B', priority: 'normal', backlogPriority: 'normal' },
  { of: 'high priority', tenant: 'A', priority: 'high', backlogPriority: 'low' },
] as const)(
  'when many jobs are queued, then a later one of $of waits for the active ones at most',
  async ({ tenant, priority, backlogPriority }) => {
    const others = await Promise.all(Array.from({ length: backlog }, () => call('A', '', backlogPriority)));
    const { id } = await call(tenant, '', priority);
    let now = await call(tenant, `/${id}`);
    while (now.status !== 'completed') now = await call(tenant, `/${id}`);
    const ahead = (await Promise.all(others.map((other) => call('A', `/${other.id}`)))).filter(
      ({ completed_at }) => completed_at && completed_at > now.created_at && completed_at < (now.completed_at ?? ''),
    );
    expect(ahead.length).toBeLessThanOrEqual(2 * (places.fetching + places.decoding));
  },
);

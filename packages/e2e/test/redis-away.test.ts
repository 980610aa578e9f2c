/** While Redis is away nothing hangs and nothing is a 500; when it is back, so are we. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { flatPng, startTintype, type Tintype } from '@tintype/testkit';
import { uploadThumbnail } from './calls.ts';

let tintype: Tintype;
beforeAll(async () => {
  tintype = await startTintype();
});
afterAll(() => tintype.stop());

const post = () =>
  fetch(`${tintype.url}/v1/thumbnails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"url":"https://example.org/a.jpg"}',
  });

test('when Redis hangs, then requests end as 503 with Retry-After, and go on when it answers again', async () => {
  const before = await uploadThumbnail(tintype.url, await flatPng('#102030'));
  process.kill(tintype.redis.pid, 'SIGSTOP');
  const answers = await Promise.all([
    post(),
    fetch(before.links.self),
    fetch(`${tintype.url}/readyz`),
    fetch(`${tintype.url}/health`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect(answers[0]?.headers.get('retry-after')).toBe('2');
  expect(await answers[0]?.json()).toMatchObject({ code: 'dependency_unavailable', retryable: true });
  expect((await fetch(`${tintype.url}/livez`)).status).toBe(200);
  process.kill(tintype.redis.pid, 'SIGCONT');
  for (;;) {
    if ((await fetch(before.links.self)).status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await uploadThumbnail(tintype.url, await flatPng('#302010'))).status).toBe('completed');
});

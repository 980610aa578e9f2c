/** An API that is stopped answers whoever waits, and ends, whatever its clients do with their connections. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentedKeys as keys } from '@tintype/testkit';
import { thumbnailIn } from './calls.ts';
import { type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

let services: OwnServices;
beforeAll(async () => {
  services = await openOwnServices();
});
afterAll(() => services.stop());

test('when a client waits over a connection that it keeps open, then it is answered and the process ends well', async () => {
  const api = await services.startApi();
  const answered = fetch(`${api.url}/v1/thumbnails?wait=20`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"url":"https://example.org/a.jpg"}',
  });
  await until('the job waits', async () => (await services.redis.zcard(keys.prioritized)) === 1);
  const ended = services.end(api);
  expect((await thumbnailIn(await answered)).status).toBe('queued');
  expect(await ended).toBe(0);
});

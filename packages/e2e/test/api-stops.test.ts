/** An API that is stopped answers whoever waits, and ends, whatever its clients do with their connections. */
import { once } from 'node:events';
import { connect } from 'node:net';
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

test('when a client does not read what it has asked for, then the process ends well and in time', async () => {
  const api = await services.startApi({ env: { SHUTDOWN_MS: '2000' } });
  const client = connect(api.port, 'localhost');
  client.on('error', () => undefined);
  const underWay = once(client, 'data').then(() => client.pause());
  client.write('GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(10));
  await underWay;
  expect(await services.end(api)).toBe(0);
  client.destroy();
});

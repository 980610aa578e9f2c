/** An API that is stopped answers whoever waits, and ends, whatever its clients do with their connections. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Batch, batchItemId, maxBatchItems, parse } from '@tintype/contracts';
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

test('when the API is killed while it adds a batch, then no job is unknown, and the same request finishes it', async () => {
  const { redis } = services;
  const killed = await services.startApi();
  const items = Array.from({ length: maxBatchItems }, (_, at) => ({ url: `https://example.org/${at}.jpg` }));
  const send = (url: string) =>
    fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'killed' },
      body: JSON.stringify({ items }),
    });
  const broken = send(killed.url).catch(() => null);
  await until('the batch has begun', async () => (await redis.keys(`${keys.prefix}:batch:*`)).length === 1);
  killed.kill('SIGKILL');
  await Promise.all([broken, killed.exited]);

  const [name = ''] = await redis.keys(`${keys.prefix}:batch:*`);
  const id = name.slice(`${keys.prefix}:batch:`.length);
  const reserved = new Set(items.map((_, at) => keys.job(batchItemId(id, at))));
  const jobs = (await redis.keys(keys.job('*-7*'))).filter((job) => job.endsWith(':lock') === false);
  const ofBatch = jobs.filter((job) => reserved.has(job));
  expect(Number(await redis.hget(name, 'open'))).toBe(ofBatch.length);
  expect(jobs.length - ofBatch.length).toBeLessThanOrEqual(1); // that of the first test

  const { url } = await services.startApi();
  const seen = parse(Batch, await (await fetch(`${url}/v1/batches/${id}`)).json());
  expect(seen.counts).toMatchObject({ total: maxBatchItems, queued: maxBatchItems });
  let answer = await send(url);
  // The killed one's claim ends by itself.
  while (answer.status === 409) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await send(url);
  }
  const batch = parse(Batch, await answer.json());
  expect([answer.status, batch.id, batch.counts.queued]).toEqual([202, id, maxBatchItems]);
  expect(batch.items.every(({ error }) => error === null)).toBe(true);
  expect(await redis.hget(name, 'open')).toBe(String(maxBatchItems));
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

/** After a failover, in which the old primary lives on as a replica, API and workers go where the name leads. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectWorker, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import {
  countCoreWaits,
  flatPng,
  freePort,
  type Relay,
  type ServiceUnderTest,
  startRelay,
  startTestRedis,
} from '@tintype/testkit';
import { bodyOf, endedThumbnail, thumbnailIn, uploadThumbnail } from './calls.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

type TestRedis = Awaited<ReturnType<typeof startTestRedis>>;
type Node = { redis: RedisConnection; port: number };

let own: OwnServices;
let secondServer: TestRedis;
let first: Node;
let second: Node;
let relay: Relay;
let api: ApiService;
let worker: ServiceUnderTest;

async function openNode(redis: RedisConnection): Promise<Node> {
  const port = await freePort();
  await redis.config('SET', 'port', port);
  await redis.config('SET', 'repl-diskless-sync-delay', 0);
  return { redis, port };
}

beforeAll(async () => {
  own = await openOwnServices({ WORKER_CONCURRENCY: '1', FETCH_CONCURRENCY: '1', RATE_LIMIT: 'requests=100000/60' });
  secondServer = await startTestRedis();
  first = await openNode(own.redis);
  second = await openNode(connectWorker(secondServer.url));
  relay = await startRelay(first.port);
  const env = { REDIS_URL: relay.url };
  [api, worker] = await Promise.all([own.startApi({ env }), own.startWorker({ env })]);
});
afterAll(async () => {
  await own.stop();
  await disconnect(second.redis);
  await secondServer.stop();
  await relay.stop();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Becomes the replica of another one, and has everything that it has. */
async function replicate(replica: Node, primary: Node): Promise<void> {
  await replica.redis.replicaof('127.0.0.1', primary.port);
  await until('the replica has everything', async () =>
    (await replica.redis.info('replication')).includes('master_link_status:up'),
  );
}

let colour = 0;
async function post(): Promise<Response> {
  colour += 1;
  const form = new FormData();
  const bytes = await flatPng(`#${colour.toString(16).padStart(6, '0')}`);
  form.set('file', new Blob([bytes]), 'picture');
  return fetch(`${api.url}/v1/thumbnails`, { method: 'POST', body: form });
}

/** A request about every 50 ms until the end of this time; none is accepted, each is told when to come again. */
async function expectUnavailableFor(ms: number): Promise<void> {
  for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
    const answer = await post();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await bodyOf(answer)).toMatchObject({ code: 'dependency_unavailable' });
    await pause(50);
  }
}

test('when the primary becomes a replica and the name moves later, then both services move with it, and what was accepted is done', async () => {
  await replicate(second, first);
  const accepted: string[] = [];
  for (let count = 30; count > 0; count--) accepted.push((await thumbnailIn(await post())).id);
  await first.redis.set('mark', 1);
  expect(await first.redis.wait(1, 5000)).toBe(1);
  const told = () => [...api.log, ...worker.log].filter((line) => !line.includes('"msg":"refused"')).length;
  const toldBefore = told();

  await second.redis.replicaof('NO', 'ONE');
  await first.redis.replicaof('127.0.0.1', second.port);
  await expectUnavailableFor(3000);
  relay.leadTo(second.port);
  const [movedAtMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  while ((await post()).status !== 202) await pause(20);
  expect(performance.now() - movedAtMs).toBeLessThan(5000 + coreWaitsMs());
  const ended = await Promise.all(accepted.map(async (id) => (await endedThumbnail(api.url, id)).status));
  expect(ended).toEqual(accepted.map(() => 'completed'));

  // Each request has its own; the outage of some five seconds has one a second for each that tells of it.
  expect(told() - toldBefore).toBeLessThan(60);
  expect(
    worker.log.concat(api.log).filter((line) => line.includes('REDIS_URL leads to a replica')).length,
  ).toBeGreaterThan(1);

  // What goes by its own connection or its own clock has moved too: messages, heartbeats, the sweep.
  const [waited, waitsSinceMs] = [performance.now(), countCoreWaits()];
  expect((await uploadThumbnail(api.url, await flatPng('#abcdef'))).status).toBe('completed');
  expect(performance.now() - waited).toBeLessThan(5000 + waitsSinceMs());
  const beats = async () => Object.values(await second.redis.hgetall(keysOf(0).heartbeats)).join();
  const before = await beats();
  await until('the worker beats', async () => (await beats()) !== before);
  expect(await bodyOf(await fetch(`${api.url}/health`))).toMatchObject({ status: 'ok' });
  await second.redis.zadd(keysOf(0).expiry, 1, accepted[0] ?? '');
  await until(
    'the sweep comes by',
    async () => (await fetch(`${api.url}/v1/thumbnails/${accepted[0]}`)).status === 410,
  );
  expect(await Promise.all([api.exited, worker.exited].map((exit) => Promise.race([exit, 'alive'])))).toEqual([
    'alive',
    'alive',
  ]);
});

test('when the new primary asks for replicas that it does not have, then that is a 503, and ends with the setting', async () => {
  await second.redis.config('SET', 'min-replicas-to-write', 3);
  await expectUnavailableFor(1500);
  expect(api.log.some((line) => line.includes('fewer replicas than its min-replicas-to-write'))).toBe(true);
  await second.redis.config('SET', 'min-replicas-to-write', 0);
  await until('it accepts again', async () => (await post()).status === 202);
});

test('when the primary says nothing any more and its name moves at once, then both services move with it within five seconds', async () => {
  await replicate(first, second);
  expect((await uploadThumbnail(api.url, await flatPng('#123456'))).status).toBe('completed');
  process.kill(secondServer.pid, 'SIGSTOP');
  try {
    await first.redis.replicaof('NO', 'ONE');
    relay.leadTo(first.port);
    const [movedAtMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
    while ((await post()).status !== 202) await pause(20);
    expect(performance.now() - movedAtMs).toBeLessThan(5000 + coreWaitsMs());
    expect((await uploadThumbnail(api.url, await flatPng('#654321'))).status).toBe('completed');
    expect(performance.now() - movedAtMs).toBeLessThan(6000 + coreWaitsMs());
    for (const { log } of [api, worker]) {
      expect(log.some((line) => line.includes('REDIS_URL leads to another primary by now'))).toBe(true);
    }
  } finally {
    process.kill(secondServer.pid, 'SIGCONT');
  }
});

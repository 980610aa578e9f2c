/** Machines whose clocks are a minute off: Redis' clock decides wherever two of them compare times. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  countCoreWaits,
  isLongForm,
  documentedKeys as keys,
  type Origin,
  photograph,
  type ServiceUnderTest,
  someOf,
  startOrigin,
  withMark,
} from '@tintype/testkit';
import { ahead, expectAhead, expectRightTimes, minuteMs } from './clocks.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { formOf, until, watchCalls } from './watched-calls.ts';

const { call, serverErrors } = watchCalls();
const completed = { status: 200, json: { status: 'completed', error: null } };

let services: OwnServices;
let origin: Origin;
let api: ApiService;
let base: Buffer;
let serial = 0;

/** Everything but workers, with the right time. */
beforeAll(async () => {
  origin = await startOrigin();
  base = await photograph(120, 90, 91);
  origin.serve('/known.jpg', base);
  services = await openOwnServices({ FETCH_ALLOW: origin.host });
  api = await services.startApi();
});
afterAll(async () => {
  await services.stop();
  await origin.close();
});

/** Workers that run, by how far their clocks are ahead. */
const running = new Map<number, ServiceUnderTest>();

async function startWorker(aheadMs: number): Promise<ServiceUnderTest> {
  const worker = await services.startWorker(ahead(aheadMs));
  running.set(aheadMs, worker);
  void worker.exited.then(() => running.delete(aheadMs));
  return worker;
}

/** One worker with each of these clocks, and no other; one that runs already goes on. */
async function haveWorkers(...clocks: number[]): Promise<ServiceUnderTest[]> {
  const others = [...running].filter(([aheadMs]) => !clocks.includes(aheadMs));
  await Promise.all(others.map(([, worker]) => services.end(worker)));
  return Promise.all(clocks.map((aheadMs) => running.get(aheadMs) ?? startWorker(aheadMs)));
}

const picture = () => withMark(base, `clock ${serial++}`);
const own = (id: string) => `${api.url}/v1/thumbnails/${id}`;
const get = (id: string, query = '') => call('GET', `${own(id)}${query}`);
const post = (url: string, query = '') => call('POST', `${api.url}/v1/thumbnails${query}`, { body: { url } });
const upload = (fields: Record<string, string>) =>
  call('POST', `${api.url}/v1/thumbnails?wait=20`, { body: formOf(picture(), fields) });
const idOf = async (answer: ReturnType<typeof post>) => String((await answer).json.id);
const untilEnded = (id: string) => get(id, '?wait=20');

const clocks: [string, number][] = [
  ['is a minute ahead', minuteMs],
  ['is a minute behind', -minuteMs],
];
describe.each(someOf(clocks, 1))('a worker whose clock %s', (_how, offsetMs) => {
  beforeAll(async () => {
    const startedMs = Date.now();
    for (const worker of await haveWorkers(offsetMs)) expectAhead(offsetMs, worker, startedMs);
  });

  test('when jobs are handed in, then they are done at once, and their times are right', async () => {
    const [fromMs, coreWaitsMs] = [Date.now(), countCoreWaits()];
    for (const answer of await Promise.all(Array.from({ length: 5 }, () => upload({})))) {
      expect(answer).toMatchObject(completed);
      expectRightTimes(answer, fromMs);
      const { queued_ms, total_ms } = Object(answer.json.timings);
      expect(queued_ms).toBeLessThan(5000 + coreWaitsMs());
      expect(total_ms).toBeLessThan(10_000 + coreWaitsMs());
      expect(total_ms).toBeGreaterThanOrEqual(queued_ms);
    }
    expect(Date.now() - fromMs).toBeLessThan(15_000 + coreWaitsMs());
  });

  test('when a source is busy, then it is asked again after the pauses that are due, and the timeline is right', async () => {
    const [fromMs, coreWaitsMs] = [Date.now(), countCoreWaits()];
    const path = `/status/503?times=2&then=/known.jpg&n=${serial++}`;
    const answer = await post(origin.url(path), '?wait=20');
    expect([answer, origin.requests(path)]).toMatchObject([{ json: { ...completed.json, attempts: 3 } }, 3]);
    expectRightTimes(answer, fromMs);
    const tookMs = Date.now() - fromMs;
    expect([tookMs > 700, tookMs < 10_000 + coreWaitsMs()]).toEqual([true, true]);
    const timeline = await get(String(answer.json.id), '/timeline');
    const times = [...`${timeline.bytes}`.matchAll(/"(?:started|ended)_at":"([^"]+)"/g)].map(([, at = '']) =>
      Date.parse(at),
    );
    expect(times.map((at) => [at - fromMs > -1500, at - Date.now() < 1500])).toEqual(times.map(() => [true, true]));
    expect(times).toHaveLength(6);
  });

  test('when a thumbnail lives for five seconds, then it is there for so long, and is swept soon after', async () => {
    const fromMs = Date.now();
    const made = await upload({ expires_in_seconds: '5' });
    expect(made).toMatchObject(completed);
    const id = String(made.json.id);
    const record = keys.job(id);
    while (Date.now() < fromMs + 4000) {
      expect([(await get(id)).status, (await get(id, '/file')).status]).toEqual([200, 200]);
      expect(await services.redis.exists(record)).toBe(1);
      await sleep(250);
    }
    await until('it is said to be expired', async () => (await get(id)).status === 410, 4000);
    await until('it is swept', async () => (await services.redis.exists(record)) === 0, 8000);
    expect(Date.now() - fromMs).toBeGreaterThanOrEqual(4900);
    const { sha256 } = Object(made.json.source);
    expect(await services.redis.exists(keys.referrers(String(sha256)))).toBe(0);
    expect((await get(id)).status).toBe(410);
  });

  test('when a URL is handed in again after its end, then it is fetched again: it may have changed', async () => {
    const path = `/changing-${serial++}.jpg`;
    origin.serve(path, picture());
    const first = await post(origin.url(path), '?wait=20');
    origin.serve(path, picture());
    const second = await post(origin.url(path), '?wait=20');
    expect([first, second]).toMatchObject([completed, completed]);
    expect(Object(second.json.source).sha256).not.toBe(Object(first.json.source).sha256);
  });

  test('when a dead URL is handed in many times at once, then all of them fail, each after one attempt at most', async () => {
    const path = `/status/404?dead=${serial++}`;
    const ids = await Promise.all(Array.from({ length: 20 }, () => idOf(post(origin.url(path)))));
    const ends = await Promise.all(ids.map(untilEnded));
    expect(ends.map(({ json }) => json.status)).toEqual(ends.map(() => 'failed'));
    expect(origin.requests(path)).toBeLessThanOrEqual(20);
  });

  test('when a running job is cancelled, then its download ends, and its times are right', async () => {
    const fromMs = Date.now();
    const id = await idOf(post(origin.url(`/drip?ms=50&n=${serial++}`)));
    await until('it runs', async () => (await get(id)).json.status === 'processing');
    await call('POST', `${own(id)}/cancel`);
    const answer = await untilEnded(id);
    expect(answer.json.status).toBe('cancelled');
    expectRightTimes(answer, fromMs);
    await until('the connection is closed', () => origin.openConnections() === 0, 5000);
  });

  test('when a failed job is retried, then it is done, and its times are right', async () => {
    const fromMs = Date.now();
    const path = `/status/404?times=1&then=/known.jpg&n=${serial++}`;
    const failed = await post(origin.url(path), '?wait=20');
    expect(failed.json.status).toBe('failed');
    expectRightTimes(failed, fromMs);
    expect((await call('POST', `${own(String(failed.json.id))}/retry`)).status).toBe(202);
    const done = await untilEnded(String(failed.json.id));
    expect(done).toMatchObject(completed);
    expectRightTimes(done, fromMs);
  });

  // Both are also below, with two clocks at once.
  if (isLongForm) {
    test('when a source asks for a pause, then it has that pause, and not a longer one', async () => {
      const [fromMs, coreWaitsMs] = [Date.now(), countCoreWaits()];
      const path = `/status/503?times=1&retry-after=3&then=/known.jpg&n=${serial++}`;
      expect(await post(origin.url(path), '?wait=20')).toMatchObject(completed);
      expect([Date.now() - fromMs > 2900, Date.now() - fromMs < 10_000 + coreWaitsMs()]).toEqual([true, true]);
      expect(origin.requests(path)).toBe(2);
    });

    test('when one URL is handed in many times at once, then it is fetched once, and nobody is busy with waiting', async () => {
      const path = `/popular-${serial++}.jpg`;
      origin.serve(path, picture(), { pauseMs: 2000 });
      const before = await scriptsRun();
      const ids = await Promise.all(Array.from({ length: 20 }, () => idOf(post(origin.url(path)))));
      for (const answer of await Promise.all(ids.map(untilEnded))) expect(answer).toMatchObject(completed);
      expect(origin.requests(path)).toBe(1);
      expect((await scriptsRun()) - before).toBeLessThan(1000);
    });
  }
});

/** How many scripts Redis has run. */
async function scriptsRun(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await services.redis.info('commandstats'))?.[1] ?? 0);
}

describe('workers with different clocks', () => {
  test('when one is ahead and one behind, then all jobs are done at once, busy sources and shared ones too', async () => {
    const fromMs = Date.now();
    await haveWorkers(minuteMs, -minuteMs);
    const path = `/popular-${serial++}.jpg`;
    origin.serve(path, picture(), { pauseMs: 2000 });
    const busy = Array.from({ length: 10 }, () => `/status/503?times=2&then=/known.jpg&n=${serial++}`);
    const urls = [...busy, ...Array.from({ length: 20 }, () => path)].map((target) => origin.url(target));
    const before = await scriptsRun();
    const ids = await Promise.all(urls.map((url) => idOf(post(url))));
    const ends = await Promise.all(ids.map(untilEnded));
    const scripts = (await scriptsRun()) - before;
    for (const end of ends) {
      expect(end).toMatchObject(completed);
      expectRightTimes(end, fromMs);
    }
    expect(busy.map((target) => origin.requests(target))).toEqual(busy.map(() => 3));
    expect(origin.requests(path)).toBe(1);
    expect(scripts).toBeLessThan(2000);
  });

  const pairs: [number, number][] = [
    [minuteMs, -minuteMs],
    [-minuteMs, minuteMs],
  ];
  test.each(someOf(pairs, 1))(
    'when a worker %i ms ahead puts a job off and stops, then one %i ms ahead goes on with it when it is due',
    async (one, other) => {
      await haveWorkers(one);
      const path = `/status/503?times=1&retry-after=4&then=/known.jpg&n=${serial++}`;
      const id = await idOf(post(origin.url(path)));
      await until('it is put off', async () => (await services.redis.zscore(keys.delayed, id)) !== null);
      const putOffMs = Date.now();
      await haveWorkers();
      await haveWorkers(other);
      await until('it is done', async () => (await get(id)).json.status === 'completed');
      expect(Date.now() - putOffMs).toBeGreaterThanOrEqual(3500);
      expect(origin.requests(path)).toBe(2);
    },
  );

  test.each(someOf([-minuteMs, minuteMs], 1))(
    'when a worker %i ms ahead dies, then another one has its job within seconds',
    async (one) => {
      const fromMs = Date.now();
      const path = `/never?n=${serial++}`;
      const [first] = await haveWorkers(one);
      const id = await idOf(post(origin.url(path)));
      await until('it is asked for', () => origin.requests(path) === 1);
      // Before there is another worker: to start one may take longer than the first one waits for its source.
      first?.kill('SIGKILL');
      origin.serve(path, picture());
      await haveWorkers(-one);
      await until('it is done', async () => (await get(id)).json.status === 'completed');
      expectRightTimes(await get(id), fromMs);
    },
  );
});

test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
  expect(serverErrors).toEqual([]);
});

/** Two API processes, one of them on a machine whose clock is a minute off: both say the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { documentedKeys as keys, type Origin, photograph, someOf, startOrigin, withMark } from '@tintype/testkit';
import { ahead, expectAhead, expectRightTimes, minuteMs } from './clocks.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { formOf, until, watchCalls } from './watched-calls.ts';

const secret = 'the-key-of-whoever-has-two-clocks';
const asAdmin = { authorization: `Bearer ${secret}` };
/** The least that the setting takes, and the life of what is signed here. */
const linkSeconds = '60';

const clocks: [string, number][] = [
  ['behind', -minuteMs],
  ['ahead', minuteMs],
];
describe.each(someOf(clocks, 1))('an API whose clock is a minute %s', (_how, offsetMs) => {
  const { call, serverErrors } = watchCalls();
  let services: OwnServices;
  let origin: Origin;
  let right: ApiService;
  let wrong: ApiService;
  let base: Buffer;
  let serial = 0;
  beforeAll(async () => {
    [origin, base] = await Promise.all([startOrigin(), photograph(120, 90, 92)]);
    services = await openOwnServices({
      FETCH_ALLOW: origin.host,
      ...{ AUTH: 'required', RATE_LIMIT: 'off', LINK_TTL_SECONDS: linkSeconds },
      API_KEYS: `root:${secret}:admin+thumbnails+colours`,
    });
    right = await services.startApi();
    const startedMs = Date.now();
    wrong = await services.startApi(ahead(offsetMs));
    await services.startWorker();
    expectAhead(offsetMs, wrong, startedMs);
  });
  afterAll(async () => {
    await services.stop();
    await origin.close();
  });

  const both = () => [right, wrong];
  const get = ({ url }: ApiService, path: string, headers: Record<string, string> = asAdmin) =>
    call('GET', `${url}${path}`, { headers });
  const post = ({ url }: ApiService, path: string, body: unknown, headers: Record<string, string> = asAdmin) =>
    call('POST', `${url}${path}`, { body, headers });
  const own = (id: string) => `/v1/thumbnails/${id}`;
  const picture = () => withMark(base, `api clock ${serial++}`);
  const statuses = async (path: string) =>
    (await Promise.all(both().map((api) => get(api, path)))).map(({ status }) => status);

  test('when thumbnails are handed in to either, then each lives as long as it shall for both', async () => {
    await Promise.all(both().map(expectFiveSeconds));
  });

  async function expectFiveSeconds(maker: ApiService): Promise<void> {
    const fromMs = Date.now();
    const made = await post(maker, '/v1/thumbnails?wait=20', formOf(picture(), { expires_in_seconds: '5' }));
    expect(made).toMatchObject({ status: 200, json: { status: 'completed' } });
    expectRightTimes(made, fromMs);
    const id = String(made.json.id);
    const lifeMs = Date.parse(String(made.json.expires_at)) - Date.parse(String(made.json.created_at));
    expect(Math.abs(lifeMs - 5000)).toBeLessThan(1500);
    while (Date.now() < fromMs + 4000) {
      expect([await statuses(own(id)), await statuses(`${own(id)}/file`)]).toEqual([
        [200, 200],
        [200, 200],
      ]);
      await sleep(250);
    }
    const isGone = async () => (await statuses(own(id))).every((status) => status === 410);
    await until('both say that it is gone', isGone, 4000);
    const record = keys.job(id);
    await until('it is swept', async () => (await services.redis.exists(record)) === 0, 8000);
    expect(Date.now() - fromMs).toBeGreaterThanOrEqual(4900);
  }

  test('when its jobs are cancelled, retried and deleted through it, then their times are right for both', async () => {
    const fromMs = Date.now();
    const running = await post(wrong, '/v1/thumbnails', { url: origin.url(`/never?n=${serial++}`) });
    const id = String(running.json.id);
    await until('it runs', async () => (await get(right, own(id))).json.status === 'processing');
    expect((await post(wrong, `${own(id)}/cancel`, {})).json.status).toBe('cancelled');
    for (const api of both()) expectRightTimes(await get(api, own(id)), fromMs);

    origin.serve('/known.jpg', base);
    const url = origin.url(`/status/404?times=1&then=/known.jpg&n=${serial++}`);
    const failed = await post(wrong, '/v1/thumbnails?wait=20', { url });
    expect(failed.json.status).toBe('failed');
    expect((await post(wrong, `${own(String(failed.json.id))}/retry`, {})).status).toBe(202);
    const done = await get(wrong, `${own(String(failed.json.id))}?wait=20`);
    expect(done.json.status).toBe('completed');
    expectRightTimes(done, fromMs);

    const held = String((await post(wrong, '/v1/thumbnails', { url: origin.url(`/never?n=${serial++}`) })).json.id);
    await until('it runs', async () => (await get(right, own(held))).json.status === 'processing');
    expect((await call('DELETE', `${wrong.url}${own(held)}`, { headers: asAdmin })).status).toBe(204);
    expect(await statuses(own(held))).toEqual([410, 410]);
    await until('its record is gone', async () => (await services.redis.exists(keys.job(held))) === 0);
  });

  test('when the same URL is handed in to both, then it is fetched once while it runs, and again when it has changed', async () => {
    const path = `/popular-${serial++}.jpg`;
    origin.serve(path, picture(), { pauseMs: 2000 });
    const body = { url: origin.url(path) };
    const handedIn = Array.from({ length: 10 }, (_, index) =>
      post(index % 2 === 0 ? right : wrong, '/v1/thumbnails?wait=20', body),
    );
    const done = { status: 200, json: { status: 'completed' } };
    const first = await Promise.all(handedIn);
    for (const answer of first) expect(answer).toMatchObject(done);
    expect(origin.requests(path)).toBe(1);
    origin.serve(path, picture());
    for (const api of both()) {
      const again = await post(api, '/v1/thumbnails?wait=20', body);
      expect(again).toMatchObject(done);
      expect(Object(again.json.source).sha256).not.toBe(Object(first[0]?.json.source).sha256);
    }
  });

  test('when a key with an end is made by it, then it opens for both until then, and for neither after that', async () => {
    await Promise.all(both().map(expectKeyOfFiveSeconds));
  });

  async function expectKeyOfFiveSeconds(maker: ApiService): Promise<void> {
    const made = await post(maker, '/v1/keys', { name: 'guest', scopes: ['thumbnails'], expires_in_seconds: 5 });
    const madeMs = Date.now();
    const guest = { authorization: `Bearer ${made.json.key}` };
    const opens = () => Promise.all(both().map(async (api) => (await get(api, own('none'), guest)).status));
    expect(await opens()).toEqual([404, 404]);
    await until('both refuse it', async () => (await opens()).every((status) => status === 401), 10_000);
    expect(Date.now() - madeMs).toBeGreaterThanOrEqual(4000);
  }

  test('when it signs a token or a link for a while, then both take it', async () => {
    const token = await post(wrong, '/v1/tokens', { expires_in_seconds: 30 });
    const holder = { authorization: `Bearer ${token.json.token}` };
    const made = await post(wrong, '/v1/thumbnails?wait=20', formOf(picture()));
    const link = new URL(String(made.json.resized_url));
    // Its life is rounded to two seconds and a half.
    await sleep(3000);
    for (const { url } of both()) {
      expect((await call('GET', `${url}/v1/palettes`, { headers: holder })).status).toBe(200);
      expect((await call('GET', `${url}${link.pathname}${link.search}`)).status).toBe(200);
    }
  });

  test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
    expect(serverErrors).toEqual([]);
  });
});

/** The origin serves what it is given, counts, and misbehaves as its paths say, seen by Node's own fetch. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Origin, startOrigin } from '@tintype/testkit';

let origin: Origin;
beforeEach(async () => {
  origin = await startOrigin();
});
afterEach(() => origin.close());

/** Everything that the server sends to a bare GET, until it hangs up or `bytes` have come. */
function rawGet(path: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(origin.port, '127.0.0.1');
    socket.on('error', (error) => resolve(String(Reflect.get(error, 'code'))));
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.length >= bytes) socket.destroy();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${origin.host}\r\nconnection: close\r\n\r\n`);
  });
}

describe('registered content', () => {
  test('when bytes are served, then they come with their type and headers, and the request is counted', async () => {
    origin.serve('/photo.jpg', Buffer.from('picture'), { headers: { etag: '"1"' } });

    const response = await fetch(origin.url('/photo.jpg?size=1'), { headers: { 'user-agent': 'test' } });

    expect(await response.text()).toBe('picture');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('etag')).toBe('"1"');
    expect(origin.requests('/photo.jpg')).toBe(1);
    expect(origin.requests('/photo.jpg?size=1')).toBe(1);
    expect(origin.headersOf('/photo.jpg')).toMatchObject({ 'user-agent': 'test', host: origin.host });
  });

  test('when a path was never asked for, then it has no requests, no headers, and is a 404', async () => {
    expect(origin.requests('/unknown')).toBe(0);
    expect(origin.headersOf('/unknown')).toBeNull();
    expect((await fetch(origin.url('/unknown'))).status).toBe(404);
    expect(origin.requests('/unknown')).toBe(1);
  });
});

describe('statuses and redirects', () => {
  test('when a status is asked for, then it is answered, with Retry-After when told', async () => {
    const response = await fetch(origin.url('/status/429?retry-after=7'));

    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await fetch(origin.url('/status/404'))).status).toBe(404);
  });

  test('when a status has a number of times, then the registered content follows it', async () => {
    origin.serve('/photo.jpg', Buffer.from('picture'));
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(origin.url('/status/503?times=2&then=/photo.jpg'))).status);

    expect(statuses).toEqual([503, 503, 200]);
  });

  test('when a redirect is asked for, then Location is the text of `to`, and /loop leads to itself', async () => {
    const to = '//other/path?a=b';
    const response = await fetch(origin.url(`/redirect?status=307&to=${encodeURIComponent(to)}`), {
      redirect: 'manual',
    });

    expect([response.status, response.headers.get('location')]).toEqual([307, to]);
    await expect(fetch(origin.url('/loop'))).rejects.toThrow();
    expect(origin.requests('/loop')).toBeGreaterThan(10);
  });
});

describe('misbehaviours', () => {
  test('when a path lies, then its body differs from its Content-Length in the promised direction', async () => {
    const [shortHead, shortBody] = (await rawGet('/lies-short')).split('\r\n\r\n');
    const [longHead, longBody] = (await rawGet('/lies-long')).split('\r\n\r\n');

    expect([shortHead?.endsWith('content-length: 1000'), shortBody?.length]).toEqual([true, 100]);
    expect([longHead?.endsWith('content-length: 100'), longBody?.length]).toEqual([true, 1_000]);
  });

  test('when a path sends garbage, then it is no HTTP', async () => {
    expect(await rawGet('/garbage')).toMatch(/^SSH/);
  });

  test('when a path resets, then the client sees a reset, at once or in the body', async () => {
    expect(await rawGet('/reset')).toBe('ECONNRESET');
    expect(await rawGet('/reset?after=10')).toBe('ECONNRESET');
  });

  test('when a path drips, then bytes come one by one and the answer has no end', async () => {
    expect(await rawGet('/slow-headers?ms=1', 40)).toMatch(/^HTTP\/1\.1 200 OK\r\nx-slow: a+$/);
    expect(await rawGet('/drip?ms=1', 200)).toMatch(/\r\n\r\na+$/);
    expect((await rawGet('/endless', 1_000_000)).length).toBeGreaterThanOrEqual(1_000_000);
  });

  test('when a path compresses, then it does so although the client asked for identity', async () => {
    const response = await fetch(origin.url('/gzip'), { headers: { 'accept-encoding': 'identity' } });

    expect(response.headers.get('content-encoding')).toBe('gzip');
  });

  test('when the origin closes, then a request that is never answered ends', async () => {
    const pending = rawGet('/never');
    while (origin.requests('/never') === 0) await new Promise(setImmediate);

    await origin.close();

    expect(await pending).toBe('');
    expect(origin.connections()).toBe(1);
  });
});

/** What the API logs: a line for every refusal, and no query string in any line. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({ AUTH: 'required', API_KEYS: `shop:${secret}:thumbnails` });
});
afterAll(() => api.stop());

const linesOf = (requestId: string) => api.log.filter((line) => line.requestId === requestId && line.level !== 'debug');

test.each([
  [400, { method: 'POST', url: '/v1/thumbnails', payload: {}, headers: { 'x-api-key': secret } }],
  [400, { method: 'GET', url: '/v1/%zz' }],
  [401, { method: 'GET', url: `/v1/thumbnails/${unknownId}` }],
  [404, { method: 'GET', url: `/v1/thumbnails/${unknownId}`, headers: { 'x-api-key': secret } }],
  [404, { method: 'GET', url: '/nowhere' }],
  [405, { method: 'DELETE', url: '/health' }],
] as const)('when an answer is %s, then one line has the id that the client was shown', async (status, call) => {
  const answer = await api.app.inject({ ...call });
  expect(answer.statusCode).toBe(status);
  const { request_id: requestId, code } = answer.json();
  expect(linesOf(requestId)).toEqual([expect.objectContaining({ status, code })]);
});

test('when a refusal is given again, then that leaves a line too, which names the request that it was first given to', async () => {
  const ask = () =>
    api.app.inject({
      method: 'POST',
      url: `/v1/thumbnails/${unknownId}/cancel`,
      headers: { 'x-api-key': secret, 'idempotency-key': 'refused' },
    });
  const [first, again] = [await ask(), await ask()];
  expect([again.statusCode, again.headers['idempotent-replayed'], again.body]).toEqual([404, 'true', first.body]);
  const firstId = first.json().request_id;
  expect(linesOf(String(again.headers['x-request-id']))).toEqual([
    expect.objectContaining({ level: 'info', status: 404, code: 'not_found', firstRequestId: firstId }),
  ]);
  expect(linesOf(firstId)).toHaveLength(1);
});

test('when an answer that is no problem document is an error, then it leaves a line too', async () => {
  const closed = await startApiUnderTest();
  process.kill(closed.redis.pid, 'SIGSTOP');
  const answers = await Promise.all(['/readyz', '/health'].map((url) => closed.app.inject(url)));
  process.kill(closed.redis.pid, 'SIGCONT');
  await closed.stop();
  for (const { statusCode, headers } of answers) {
    expect(statusCode).toBe(503);
    const lines = closed.log.filter((line) => line.requestId === headers['x-request-id'] && line.level !== 'debug');
    expect(lines).toEqual([expect.objectContaining({ level: 'info', status: 503 })]);
  }
});

test('when what comes is not HTTP, then its answer leaves a line too', async () => {
  await api.app.listen({ port: 0, host: '127.0.0.1' });
  const address = api.app.server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  socket.write('nonsense\r\n\r\n');
  const [answer] = await once(socket, 'data');
  const { request_id: requestId } = JSON.parse(String(answer).split('\r\n\r\n')[1] ?? '');
  expect(linesOf(requestId)).toEqual([expect.objectContaining({ status: 400 })]);
});

test('when links are signed, then no line of any level has what signs them', async () => {
  const before = api.log.length;
  await api.app.inject(`/v1/thumbnails/${unknownId}/file?exp=1&sig=private-part`);
  await api.app.inject('/v1/nowhere?token="private-part');
  await api.app.inject('/livez?x=private-part');
  const lines = api.log.slice(before);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(lines)).not.toContain('private-part');
});

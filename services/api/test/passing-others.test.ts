/** Whose high jobs pass other tenants': those of the scope `priority`, and everybody's where no keys are asked for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

const secretOf = (name: string) => `a-secret-of-enough-length-${name}`;
const keyOf = (name: string) => ({ 'x-api-key': secretOf(name) });
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({
    AUTH: 'required',
    RATE_LIMIT: 'off',
    API_KEYS: [
      `first:${secretOf('first')}:thumbnails`,
      `plain:${secretOf('plain')}:thumbnails+colours`,
      `holder:${secretOf('holder')}:thumbnails+priority`,
    ].join(','),
  });
  await ask('first', 'normal');
});
afterAll(() => api.stop());

const place = async (to: ApiUnderTest, headers: Record<string, string>, priority: string) => {
  const payload = { url: 'https://example.org/a.jpg', priority };
  const answer = await to.app.inject({ method: 'POST', url: '/v1/thumbnails', headers, payload });
  expect(answer.statusCode).toBe(202);
  return answer.json().queue;
};
const ask = (key: string, priority: string) => place(api, keyOf(key), priority);

test('when a key lacks the scope priority, then its high job passes its tenant’s own jobs and nobody else’s', async () => {
  expect(await ask('plain', 'normal')).toEqual({ position: 1, priority: 'normal' });
  await ask('plain', 'normal');
  expect(await ask('plain', 'high')).toMatchObject({ priority: 'high', position: 2 });
});

test('when a key has the scope priority, then its high job is the next; a token of it without the scope passes nobody', async () => {
  const made = await api.app.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: keyOf('holder'),
    payload: { scopes: ['thumbnails'] },
  });
  const token = { authorization: `Bearer ${made.json().token}` };
  expect((await place(api, token, 'high')).position).toBeGreaterThan(0);
  expect(await ask('holder', 'high')).toEqual({ position: 0, priority: 'high' });
});

test('when no keys are asked for, then every high job is the next', async () => {
  const open = await startApiUnderTest({ AUTH: 'off' });
  await place(open, {}, 'normal');
  expect(await place(open, {}, 'high')).toEqual({ position: 0, priority: 'high' });
  await open.stop();
});

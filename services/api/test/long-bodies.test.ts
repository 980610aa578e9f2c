/** Bodies and answers as long as they may be, and longer: what becomes of them, and that the loop turns meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectWorker, disconnect, tenantKeys } from '@tintype/redis';
import { fastify } from 'fastify';
import { sendJson } from '../src/http/json-with-files.ts';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest();
});
afterAll(() => api.stop());

const put = (name: string, payload: string, type = 'application/json') =>
  api.app.inject({ method: 'PUT', url: `/v1/palettes/${name}`, payload, headers: { 'content-type': type } });
const hexOf = (i: number) => `#${((i * 1677) % 0x100_0000).toString(16).padStart(6, '0')}`;
const mostBytes = 4 * 2 ** 20;
const filled = (item: string) => item.repeat(Math.floor((mostBytes - 100) / item.length));
const wide = Array.from({ length: 10_000 }, (_, i) => ({
  name: `c${i} "[{,`,
  hex: hexOf(i),
  ...Object.fromEntries(Array.from({ length: 20 }, (_, field) => [`f${field}`, 'a \\ word'])),
}));

/** Turns of the loop while the work goes on. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const onTurn = () => {
    turns += 1;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  await work();
  isOver = true;
  return turns;
}

describe('palettes', () => {
  test('when one has 10 000 colours of 20 fields, then it is kept as it was, and matched, while the loop turns', async () => {
    expect(
      await turnsDuring(async () => expect((await put('wide', JSON.stringify(wide))).statusCode).toBe(201)),
    ).toBeGreaterThan(5);
    const url = `/v1/colours/match?palette=wide&count=1&hex=${hexOf(77).slice(1)},${hexOf(9_999).slice(1)}`;
    const { data } = (await api.app.inject(url)).json();
    expect(data.map(({ matches }: { matches: unknown[] }) => matches)).toMatchObject([[wide[77]], [wide[9_999]]]);
    expect((await api.app.inject('/v1/palettes/wide')).json().colours).toEqual(wide);
  });

  test('when one comes as long CSV, then rows and quotes stay what they are', async () => {
    const rows = wide.map(({ hex }, i) => `"n${i}, ""quoted""\nin two lines", ${hex},x`);
    expect((await put('csv', `\ufeffname,hex,sku\r\n${rows.join('\r\n')}`, 'text/csv')).statusCode).toBe(201);
    const { colours } = (await api.app.inject('/v1/palettes/csv')).json();
    expect(colours).toHaveLength(10_000);
    expect(colours[9_999]).toEqual({ name: 'n9999, "quoted"\nin two lines', hex: hexOf(9_999), sku: 'x' });
  });

  test.each([
    ['numbers', `[${filled('1,')}1]`, 400, 'invalid_request', ['/0']],
    ['nothing but brackets', '['.repeat(mostBytes / 2), 400, 'invalid_request', undefined],
    [
      'a list that does not end',
      `[${filled('{"name":"a","hex":"#000000"},').slice(0, 90_000)}`,
      400,
      'invalid_request',
      undefined,
    ],
    [
      'something behind the list',
      `[${filled('{"name":"a","hex":"#000000"},').slice(0, 90_016)}]]`,
      400,
      'invalid_request',
      undefined,
    ],
    ['an object', `{"a":"${'x'.repeat(90_000)}"}`, 400, 'invalid_request', ['']],
    ['a colour that is too long', `[{"name":"${'x'.repeat(300_000)}"}]`, 413, 'payload_too_large', undefined],
    [
      'a colour of __proto__',
      `[{"name":"a","hex":"#000000","__proto__":"x"}${' '.repeat(70_000)}]`,
      400,
      'invalid_request',
      undefined,
    ],
    [
      'too many colours',
      `[${filled('{"name":"a","hex":"#000000"},').slice(0, 29 * 20_000 - 1)}]`,
      422,
      'invalid_option',
      [''],
    ],
    [
      'a wrong colour far behind',
      `[${'{"name":"a","hex":"#000000"},'.repeat(5000)}{"name":"a","hex":"red"}]`,
      422,
      'invalid_option',
      ['/5000/hex'],
    ],
  ])(
    'when a long one has %s, then it is refused at the first wrong place',
    async (_what, body, status, code, pointers) => {
      const answer = (await put('wrong', body)).json();
      expect([answer.status, answer.code]).toEqual([status, code]);
      expect(answer.errors?.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    },
  );

  test.each([
    ['commas', filled(','), 400, 'invalid_request'],
    ['empty lines', filled('\n'), 400, 'invalid_request'],
    ['a quote that stays open', `name,hex\n"${filled('a,')}`, 400, 'invalid_request'],
    ['too many colours', `name,hex\n${filled('a,#000000\n')}`, 422, 'invalid_option'],
    [
      'a column whose name is repeated too often as JSON',
      `name,hex,${'x'.repeat(20_000)}\n${'a,#000000,1\n'.repeat(9_000)}`,
      413,
      'payload_too_large',
    ],
  ])('when a long one in CSV has %s, then it is refused', async (_what, body, status, code) => {
    const answer = (await put('wrong', body, 'text/csv')).json();
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test.each([
    ['rows', `name,hex\n${'a,#000000\n'.repeat(8000)}b,#000000,1\n`, 8002],
    ['empty lines', `${'\n'.repeat(70_000)}name,hex\n${'\n'.repeat(90_000)}b,#000000,1\n`, 160_002],
    ['rows of two lines', `name,hex\n${'"a\nb",#000000\n'.repeat(8000)}b,#000000,1`, 16_002],
  ])('when a row of long CSV cannot be read, then its line behind %s is named', async (_what, body, line) => {
    expect((await put('wrong', body, 'text/csv')).json().detail).toBe(`The CSV cannot be read (line ${line}).`);
  });

  test.each([
    ['a byte order mark', '\ufeff'],
    ['a byte order mark and an empty line', '\ufeff\n'],
    ['lines of spaces', '  \n \t\n'],
  ])('when %s stand before the header of long CSV, then every row is a colour', async (_what, before) => {
    const body = `${before}hex,sku,name\n${wide.map(({ name, hex }) => `${hex},x,"${name.replaceAll('"', '""')}"\n`).join('')}`;
    expect((await put('headed', body, 'text/csv')).json()).toMatchObject({ size: 10_000 });
    const { colours } = (await api.app.inject('/v1/palettes/headed')).json();
    expect(colours).toEqual(wide.map(({ name, hex }) => ({ hex, sku: 'x', name })));
  });

  test.each([
    ['short', 6],
    ['long', 10_000],
  ])(
    'when the colours of a %s one have 100 different fields, then it is kept; one more is refused',
    async (_how, count) => {
      const coloursOf = (fields: number) =>
        Array.from({ length: count }, (_, i) => ({
          name: 'a',
          hex: '#000000',
          ...Object.fromEntries(Array.from({ length: 20 }, (_, j) => [`f${(i * 20 + j) % fields}`, 1])),
        }));
      expect((await put('fields', JSON.stringify(coloursOf(100)))).statusCode).toBeLessThan(300);
      const csv = await api.app.inject({ url: '/v1/palettes/fields', headers: { accept: 'text/csv' } });
      expect(csv.body.split('\r\n', 1)[0]?.split(',')).toHaveLength(102);
      const refused = (await put('fields', JSON.stringify(coloursOf(101)))).json();
      expect(refused).toMatchObject({ status: 422, code: 'invalid_option', errors: [{ pointer: '' }] });
      expect(refused.detail).toMatch(/100 different fields/);
    },
  );

  test('when one of an older release has no end of different fields, then it is had as JSON, and not as CSV', async () => {
    const colours = Array.from({ length: 2_000 }, (_, i) => ({ name: 'a', hex: '#000000', [`f${i}`]: 1 }));
    const redis = connectWorker(api.redis.url);
    await redis.hset(tenantKeys.palettes('default'), 'older', JSON.stringify(colours));
    await disconnect(redis);
    expect((await api.app.inject('/v1/palettes/older')).json().colours).toEqual(colours);
    const csv = await api.app.inject({ url: '/v1/palettes/older', headers: { accept: 'text/csv' } });
    expect(csv.json()).toMatchObject({ status: 409, code: 'conflict', detail: expect.stringMatching(/JSON/) });
  });

  test('when one is long, then its answers are streams, and their heads are those of any answer', async () => {
    expect((await put('streamed', JSON.stringify(wide))).statusCode).toBe(201);
    const url = '/v1/palettes/streamed';
    const csv = await api.app.inject({ url, headers: { accept: 'text/csv' } });
    expect(csv.body.split('\r\n')).toHaveLength(10_002);
    const head = await api.app.inject({ method: 'HEAD', url });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', expect.stringMatching(/^".+\.10000"$/)]);
  });

  test('when many ask for one at once that nobody has asked for before, then all of them have it', async () => {
    expect((await put('cold', JSON.stringify(wide.slice(0, 2_000)))).statusCode).toBe(201);
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.app.inject('/v1/palettes/cold')));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json().colours).toEqual(wide.slice(0, 2_000));
  });
});

describe('files in JSON', () => {
  test('when an answer is long, then it is streamed and the same as a short one', async () => {
    const app = fastify();
    const file = Buffer.alloc(3_000_001, 'abc');
    let closed = 0;
    const read = async (start: number, end: number) => file.subarray(start, Math.min(end + 1, start + 99_999));
    const stored = {
      bytes: file.length,
      read: async () => file,
      open: async () => ({
        read,
        readBase64: async (start: number, end: number) => {
          const piece = await read(start, end);
          return { text: piece.toString('base64'), bytes: piece.length };
        },
        close: async () => {
          closed += 1;
        },
      }),
      requireThere: async () => undefined,
    };
    app.get('/', (request, reply) => sendJson(request, reply, ['{"é":"', stored, '"}']));
    const answer = await app.inject('/');
    expect(answer.json()).toEqual({ é: file.toString('base64') });
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
    const head = await app.inject({ method: 'HEAD', url: '/' });
    expect([head.headers['content-length'], head.body]).toEqual([answer.headers['content-length'], '']);
    expect(closed).toBe(1);
    await app.close();
  });
});

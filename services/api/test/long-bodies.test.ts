/** Bodies and answers as long as they may be, and longer: what becomes of them, and that the loop turns meanwhile. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { paceChunks } from '../src/http/chunk-pace.ts';
import { sendJson } from '../src/http/json-with-files.ts';
import { createTurns } from '../src/http/turns.ts';
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

  test('when a row of long CSV cannot be read, then its line is named', async () => {
    const answer = (await put('wrong', `name,hex\n${'a,#000000\n'.repeat(8000)}b,#000000,1\n`, 'text/csv')).json();
    expect(answer.detail).toBe('The CSV cannot be read (line 8002).');
  });
});

describe('files in JSON', () => {
  test('when an answer is long, then it is streamed and the same as a short one', async () => {
    const app = fastify();
    const turns = createTurns();
    const file = Buffer.alloc(3_000_001, 'abc');
    app.get('/', (request, reply) => sendJson(request, reply, ['{"é":"', file, '"}'], turns));
    const answer = await app.inject('/');
    expect(answer.json()).toEqual({ é: file.toString('base64') });
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
    const head = await app.inject({ method: 'HEAD', url: '/' });
    expect([head.headers['content-length'], head.body]).toEqual([answer.headers['content-length'], '']);
    await app.close();
  });
});

describe('chunks', () => {
  test('when a body comes in very many, then it is read over many turns, and what follows is answered', async () => {
    const app = fastify();
    app.addHook('onRequest', (request, _reply, done) => {
      paceChunks(request);
      done();
    });
    let chunksInTurn = 0;
    let most = 0;
    app.addContentTypeParser('text/plain', (_request, payload, done) => {
      let length = 0;
      payload.on('data', (chunk: Buffer) => {
        if (chunksInTurn === 0) setImmediate(() => (chunksInTurn = 0));
        chunksInTurn += 1;
        most = Math.max(most, chunksInTurn);
        length += chunk.length;
      });
      payload.on('end', () => done(null, length));
    });
    app.post('/', async ({ body }) => String(body));
    app.get('/', async () => 'next');
    const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
    const chunks = [...`"${'x'.repeat(200_000)}"`].map((byte) => `1\r\n${byte}\r\n`).join('');
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n';
    const answers = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () =>
        socket.end(`${head}${chunks}0\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n`),
      );
      socket.on('data', (piece) => (text += piece)).on('close', () => resolve(text));
    });
    expect(answers).toMatch(/200002.*next$/s);
    // What one read of the socket brings, which is 64 kB.
    expect(most).toBeLessThan(13_000);
    await app.close();
  });
});

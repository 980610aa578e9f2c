/** A refused upload over a real socket: the client gets its answer, and the connection is free again. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
let base: string;
beforeAll(async () => {
  api = await startApiUnderTest({ UPLOAD_MAX_BYTES: 20_000 });
  base = await api.app.listen({ port: 0, host: '127.0.0.1' });
});

test('when files are refused by size or by their first bytes, then each is answered and a stop waits for none of them', async () => {
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(8_000_000)]);
  for (const [bytes, status] of [
    [png, 413],
    [Buffer.alloc(900_000), 415],
  ] as const) {
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'a.png');
    const response = await fetch(`${base}/v1/thumbnails`, { method: 'POST', body: form });
    expect(response.status).toBe(status);
    await response.text();
  }
  expect((await fetch(`${base}/livez`)).status).toBe(200);
});

test.each(['image/jpeg', 'multipart/form-data; boundary=b', 'application/json'])(
  'when a body of %s says that it is too large, then it is refused before its first byte',
  async (type) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write(
      `POST /v1/thumbnails HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 1000000000\r\n\r\n`,
    );
    const answer = await new Promise<string>((resolve) => socket.setEncoding('utf8').once('data', resolve));
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  },
);

test('when headers are too long or it is not HTTP at all, then a problem says which', async () => {
  const answerTo = (bytes: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.once('close', () => resolve(text));
    });
  expect(await answerTo(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 431 [\s\S]*"status":431/,
  );
  const expecting = await answerTo('GET /livez HTTP/1.1\r\nhost: x\r\nexpect: a-miracle\r\n\r\n');
  expect(expecting).toMatch(/^HTTP\/1.1 417 [\s\S]*"status":417,"detail":"Expect: a-miracle is not known here/);
  expect(await answerTo('garbage\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"invalid_request"/);
});

test('when a field of a form never ends, then it is refused at the limit of the form', async () => {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  const head =
    'POST /v1/thumbnails HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n';
  const start = '--b\r\ncontent-disposition: form-data; name="width"\r\n\r\n';
  socket.write(`${head}${start.length.toString(16)}\r\n${start}\r\n`);
  for (let i = 0; i < 30; i++) socket.write(`${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`);
  const answer = await new Promise<string>((resolve) => socket.setEncoding('utf8').once('data', resolve));
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*"code":"payload_too_large"/);
});

test('when a client goes away in the middle of an upload, then nothing is left of it', async () => {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  const head =
    'POST /v1/thumbnails HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n';
  socket.write(`${head}--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`);
  await new Promise((resolve) => socket.write(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), resolve));
  socket.destroy();
  expect((await fetch(`${base}/livez`)).status).toBe(200);
});

afterAll(() => api.stop());

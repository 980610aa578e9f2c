/** Clients that take their time hold a connection for a bounded time. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
let port: number;
beforeAll(async () => {
  api = await startApiUnderTest({ HEADERS_TIMEOUT_MS: 300, REQUEST_TIMEOUT_MS: 1000 });
  port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(() => api.stop());

/** Sends the text, then a byte now and then; resolves with what was answered when the connection is closed. */
function drip(text: string, byte: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const timer = setInterval(() => socket.write(byte), 100);
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(timer);
        resolve(answer);
      });
  });
}

const head = 'POST /v1/thumbnails HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n';

test.each([
  ['headers', `${head}x-slow: `, 'a'],
  ['a body', `${head}\r\n{"url":"`, 'a'],
])('when %s drip in for ever, then the connection ends with 408', async (_what, text, byte) => {
  const answer = await drip(text, byte);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('application/problem+json');
});

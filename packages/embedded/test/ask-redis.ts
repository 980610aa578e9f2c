/** One inline command to a Redis on a unix socket, and its raw answer: enough for tests, without a client library. */
import { createConnection } from 'node:net';

/** The answer as it came (`+PONG`, `$3\r\nabc`), without the closing line end. Rejects when nobody listens. */
export function askRedis(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(socketPath, () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.replace(/\r\n\+OK\r\n$/, '')));
  });
}

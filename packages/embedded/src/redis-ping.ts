/** The smallest Redis client: asks a unix socket once whether a Redis answers there, and which process it is. */
import { createConnection } from 'node:net';

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * What the owner of a socket says: `ready` is PONG, `loading` means that it reads its data from disk, `silent` takes
 * the connection but does not answer like Redis (hung, or something else), `absent` means that nobody listens.
 */
export type PingAnswer = { state: 'ready' | 'loading'; pid: number } | { state: 'silent' | 'absent' };

/** Sends PING and INFO, which Redis also answers while it loads. Never rejects, settles within 2 s. */
export function pingRedis(socketPath: string): Promise<PingAnswer> {
  return new Promise((resolve) => {
    let answer: PingAnswer = { state: 'absent' };
    let reply = '';
    const socket = createConnection(socketPath, () => {
      answer = { state: 'silent' };
      socket.write('PING\r\nINFO server\r\n');
    });
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      reply += text;
      const pid = /\nprocess_id:(\d+)\r/.exec(reply)?.[1];
      if (pid === undefined) return;
      if (reply.startsWith('+PONG')) answer = { state: 'ready', pid: Number(pid) };
      if (reply.startsWith('-LOADING')) answer = { state: 'loading', pid: Number(pid) };
      socket.destroy();
    });
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => resolve(answer));
  });
}

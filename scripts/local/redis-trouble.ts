/** Whether somebody listens where REDIS_URL leads. */
import { once } from 'node:events';
import { connect } from 'node:net';

const answerMs = 3000;
const usualPort = 6379;

/** A sentence that says what is wrong, without the password of the URL; null when a connection could be opened. */
export async function redisTrouble(redisUrl: string): Promise<string | null> {
  const url = redisUrl.startsWith('/') ? null : new URL(redisUrl);
  const place = url === null ? redisUrl : `${url.protocol}//${url.host}`;
  const port = Number(url?.port || usualPort);
  const socket = url === null ? connect(redisUrl) : connect(port, url.hostname.replace(/^\[|\]$/g, ''));
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerMs) });
    return null;
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? err.code : err;
    const reason = code === 'ABORT_ERR' ? `no answer in ${answerMs / 1000} s` : code;
    return `Redis is not there at REDIS_URL=${place} (${reason}): the services wait for it. Without REDIS_URL a private one is started.`;
  } finally {
    socket.destroy();
  }
}

/** Tells what passes with Redis' trouble from what is wrong for good. */

/** ioredis and Redis tell by message and name, not by class or code, what went wrong. */
const failureTexts = [
  'Command timed out',
  'Connection is closed',
  "Stream isn't writeable",
  'Reached the max retries per request limit',
];
const failureReplies = ['OOM', 'LOADING', 'MISCONF', 'READONLY', 'BUSY', 'CLUSTERDOWN', 'NOREPLICAS'];
const failureCodes = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'];

/** Whether Redis is away, full or not able to write: the same command may well succeed later. */
export function isRedisFailure(err: unknown): boolean {
  if (typeof err !== 'object' || err === null || !('message' in err)) return false;
  const message = String(err.message);
  if ('code' in err && failureCodes.includes(String(err.code))) return true;
  if (failureTexts.some((text) => message.includes(text))) return true;
  return failureReplies.some(
    (word) =>
      message.startsWith(word) || message.includes(`ERR ${word}`) || message.includes(`${word} command not allowed`),
  );
}

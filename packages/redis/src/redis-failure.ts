/** Tells what passes with Redis' trouble from what is wrong for good, and says it in words. */

const tooManyClients = 'max number of clients';

/** ioredis tells by message, not by class or code, what became of a connection. */
const failureTexts = [
  'Command timed out',
  'Command aborted due to connection close',
  'Connection is closed',
  "Stream isn't writeable",
  'Reached the max retries per request limit',
  'Please report this', // the end of its every complaint about what is not Redis' protocol
  tooManyClients,
];
const failureCodes = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
];

/** What a server says of the command itself. Every other word, those of tomorrow included, speaks of its own state. */
const defectWords = ['WRONGTYPE', 'CROSSSLOT', 'NOSCRIPT', 'EXECABORT', 'BUSYGROUP', 'NOGROUP', 'NOPROTO'];
/**
 * By `ERR` begins whatever has no word of its own: what Redis says of a command, and what anybody who stands before it
 * says of anything. These are Redis' words of a command that is wrong; all errors of a script name its line.
 */
const defectTexts = [
  ...['user_script', 'wrong number of arguments', 'syntax error', 'is not an integer', 'is not a float'],
  ...['is not a valid', 'invalid expire time', 'would overflow', 'out of range', 'no such key'],
];

/** Whoever says so is not, or not any more, the server that the name is meant to lead to. */
const wrongServerWords = [
  ...['READONLY', 'UNBLOCKED', 'MASTERDOWN'], // a replica, or a primary that becomes one just now
  ...['MOVED', 'ASK', 'CLUSTERDOWN'], // a node of a cluster without our keys
  'LOADING', // of an open connection: it takes over another one's data
  'NOREPLICAS', // perhaps a primary that was left alone
  'NOAUTH', // a new connection says who we are
];

/** What to do about it, for whoever reads the log. */
const explanations: readonly (readonly [words: readonly string[], text: string])[] = [
  [['NOAUTH', 'WRONGPASS'], 'Redis refuses the user or the password in REDIS_URL'],
  [['NOPERM'], 'the user in REDIS_URL has no permission in Redis for what is asked'],
  [['READONLY', 'UNBLOCKED', 'MASTERDOWN'], 'REDIS_URL leads to a replica: its name is looked up again'],
  [['MOVED', 'ASK', 'CLUSTERDOWN', 'TRYAGAIN'], 'REDIS_URL leads to a node of a cluster that does not serve our keys'],
  [['LOADING'], 'Redis reads its data'],
  [['NOREPLICAS'], 'Redis takes no writes: it has fewer replicas than its min-replicas-to-write'],
  [['OOM', 'MISCONF'], 'Redis takes no writes'],
  [['BUSY'], 'Redis runs a script that takes long'],
];
const unexplained = 'REDIS_URL leads to a server that refuses commands';

/** Whether Redis is away, full, not able to write or not the right one: the same command may well succeed later. */
export function isRedisFailure(err: unknown): boolean {
  const message = messageOf(err);
  if (message === null) return false;
  if (failureCodes.includes(codeOf(err))) return true;
  if (failureTexts.some((text) => message.includes(text))) return true;
  return isReply(err) && !isOfCommand(err);
}

/** Whether it speaks of the command itself, which no other server takes either. */
function isOfCommand(err: unknown): boolean {
  const word = wordOf(err);
  if (word !== 'ERR') return word !== null && defectWords.includes(word);
  return defectTexts.some((text) => messageOf(err)?.includes(text));
}

/** Whether another server may be the right one. */
export function isWrongServer(err: unknown): boolean {
  return wrongServerWords.includes(wordOf(err) ?? '');
}

/** Trouble with a connection, in words for an operator; Redis' own are its cause. */
export class RedisTrouble extends Error {
  override readonly name = 'RedisTrouble';
}

/** Says what an error of Redis means. */
export function troubleOf(cause: unknown): RedisTrouble {
  if (cause instanceof RedisTrouble) return cause;
  const word = wordOf(cause) ?? '';
  const explanation = messageOf(cause)?.includes(tooManyClients)
    ? 'Redis has as many clients as its maxclients allows'
    : explanations.find(([words]) => words.includes(word))?.[1];
  const text = explanation ?? (isReply(cause) ? unexplained : 'Redis is away');
  return new RedisTrouble(text, { cause });
}

/** ioredis adds a refused command to its error: passwords and whatever clients have sent have no place in a log. */
export function hideArguments(err: unknown): void {
  if (typeof err === 'object' && err !== null && 'command' in err) delete err.command;
}

function isReply(err: unknown): boolean {
  return typeof err === 'object' && err !== null && 'name' in err && err.name === 'ReplyError';
}

/**
 * The word by which a reply begins, null where it begins with none; in scripts, Redis 6 hides it behind a word of its
 * own.
 */
function wordOf(err: unknown): string | null {
  if (!isReply(err)) return null;
  const message = messageOf(err) ?? '';
  return /^ERR Error running script.*?: -?([A-Z]+) /.exec(message)?.[1] ?? /^([A-Z]+)\b/.exec(message)?.[1] ?? null;
}

function messageOf(err: unknown): string | null {
  return typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : null;
}

function codeOf(err: unknown): string {
  return typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '';
}

/** The attempts of a job: those that ended badly are kept in its own hash, the last one follows from its record. */
import { AttemptLog, readStored, thumbnailQueueName } from '@tintype/contracts';
import { keysOf, type RedisConnection } from '@tintype/redis';

/** What is known of a job's attempts beside its record. */
export type JobAttempts = {
  /** Attempts that did not succeed, the earliest first. */
  ended: AttemptLog[];
  /** Who had it last. */
  worker: string | null;
};

export type AttemptReader = {
  /** What there is for an id; nothing for an unknown one. */
  read(id: string): Promise<JobAttempts>;
};

/** Attempts that are kept at most; a job that is retried for ever keeps the latest. */
export const maxAttemptsKept = 20;

/** Field of the job's hash with a line for each attempt whose worker died. */
const crashesField = 'crashes';

/**
 * For Lua: notes in the job's hash who had it when it was found abandoned.
 */
export const noteCrashLua = `
local function noteCrash(jobKey, now)
  local f = redis.call('HMGET', jobKey, 'pb', 'processedOn', '${crashesField}')
  local lines = {}
  for line in string.gmatch(f[3] or '', '[^\\n]+') do table.insert(lines, line) end
  table.insert(lines, (f[1] or '?') .. ' ' .. (f[2] or now) .. ' ' .. now)
  while #lines > ${maxAttemptsKept} do table.remove(lines, 1) end
  redis.call('HSET', jobKey, '${crashesField}', table.concat(lines, '\\n'))
end`;

/** One round trip. */
export function createAttemptReader(redis: RedisConnection, shard = 0): AttemptReader {
  const keys = keysOf(shard);
  return {
    async read(id) {
      const fields = await redis.hmget(keys.job(thumbnailQueueName, id), 'stacktrace', crashesField, 'pb');
      const [failures = null, crashes = null, worker = null] = fields;
      const ended = [...parseFailures(failures), ...parseCrashes(crashes)];
      return { ended: ended.sort((a, b) => a.startedAtMs - b.startedAtMs), worker };
    },
  };
}

/** BullMQ keeps the stacks of a job's errors and writes them with the end of each attempt: ours are these texts. */
export function attemptText(attempt: AttemptLog): string {
  return JSON.stringify(attempt);
}

function parseFailures(text: string | null): AttemptLog[] {
  const lines: unknown = JSON.parse(text ?? '[]');
  if (!Array.isArray(lines)) return [];
  return lines.map(String).flatMap((line) => (line.startsWith('{') ? [readStored(AttemptLog, line)] : []));
}

/** One line each: worker, start, end. */
function parseCrashes(text: string | null): AttemptLog[] {
  return (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [worker = '', startedAt, endedAt] = line.split(' ');
      return { worker, startedAtMs: Number(startedAt), endedAtMs: Number(endedAt), steps: [] };
    });
}

/** The attempts of a job: those that ended badly are kept in its own hash, the last one follows from its record. */
import { AttemptLog, fits, readStored, UnreadableRecord } from '@tintype/contracts';
import type { LuaPiece, Shard } from '@tintype/redis';

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

/** For Lua: `noteCrash(job, now)` notes in the job's hash who had it when it was found abandoned. */
export const noteCrashLua: LuaPiece = {
  keys: [],
  lua: `
local function noteCrash(job, now)
  local f = redis.call('HMGET', job, 'pb', 'processedOn', 'crashes')
  local lines = {}
  for line in string.gmatch(f[3] or '', '[^\\n]+') do table.insert(lines, line) end
  table.insert(lines, (f[1] or '?') .. ' ' .. (f[2] or now) .. ' ' .. now)
  while #lines > ${maxAttemptsKept} do table.remove(lines, 1) end
  redis.call('HSET', job, 'crashes', table.concat(lines, '\\n'))
end`,
};

/** One round trip. */
export function createAttemptReader({ redis, keys }: Shard): AttemptReader {
  return {
    async read(id) {
      const fields = await redis.hmget(keys.job(id), 'stacktrace', 'crashes', 'pb');
      const [failures = null, crashes = null, worker = null] = fields;
      return { ended: endedAttempts(failures, crashes), worker };
    },
  };
}

/** The earliest first, from the fields of a job's hash. */
export function endedAttempts(failures: string | null, crashes: string | null): AttemptLog[] {
  return [...parseFailures(failures), ...parseCrashes(crashes)].sort((a, b) => a.startedAtMs - b.startedAtMs);
}

/** BullMQ keeps the stacks of a job's errors and writes them with the end of each attempt: ours are these texts. */
export function attemptText(attempt: AttemptLog): string {
  return JSON.stringify(attempt);
}

/** What cannot be read is left out: it tells of the past, and nothing depends on it. */
function parseFailures(text: string | null): AttemptLog[] {
  return textsIn(text).flatMap((line) => {
    try {
      return [readStored(AttemptLog, line)];
    } catch (err) {
      if (err instanceof UnreadableRecord) return [];
      throw err;
    }
  });
}

function textsIn(text: string | null): string[] {
  try {
    const lines: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(lines) ? lines.map(String) : [];
  } catch {
    return [];
  }
}

/** One line each: worker, start, end. */
function parseCrashes(text: string | null): AttemptLog[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const [worker = '', startedAt, endedAt] = line.split(' ');
    const attempt = { worker, startedAtMs: Number(startedAt), endedAtMs: Number(endedAt), steps: [] };
    return fits(AttemptLog, attempt) ? [attempt] : [];
  });
}

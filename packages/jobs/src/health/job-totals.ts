/** Counters over all workers: each adds what it did once a second, any process can read the sums. */
import type { ProblemCode, StepTimings } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';

export type JobTotals = {
  outcomes: { outcome: 'completed' | 'failed' | 'cancelled'; code: string; count: number }[];
  steps: { step: string; seconds: number; runs: number }[];
  cacheHits: number;
};

export type JobTotalsWriter = {
  completed(timingsMs: StepTimings, cache: 'hit' | 'miss'): void;
  failed(code: ProblemCode): void;
  /** Writes what has gathered; call it before the connection closes. */
  stop(): Promise<void>;
};

/** The counter of all jobs that have ended in a worker, whatever came of them. */
export const endedField = 'ended:';
const flushIntervalMs = 1000;

/** Gathers in memory: a job costs Redis nothing, a second of work costs one round trip. */
export function createJobTotalsWriter({ redis, keys }: Shard): JobTotalsWriter {
  const key = keys.totals;
  let gathered = new Map<string, number>();
  const add = (field: string, amount: number) => gathered.set(field, (gathered.get(field) ?? 0) + amount);
  const flush = async () => {
    if (gathered.size === 0) return;
    const fields = gathered;
    gathered = new Map();
    const pipeline = redis.pipeline();
    for (const [field, amount] of fields) pipeline.hincrbyfloat(key, field, amount);
    await pipeline.exec();
  };
  const timer = setInterval(() => void flush().catch(() => undefined), flushIntervalMs);
  timer.unref();
  return {
    completed(timingsMs, cache) {
      add('completed:', 1);
      add(endedField, 1);
      if (cache === 'hit') add('cache_hits:', 1);
      for (const [step, ms] of Object.entries(timingsMs)) {
        add(`seconds:${step}`, ms / 1000);
        add(`runs:${step}`, 1);
      }
    },
    failed(code) {
      add(`failed:${code}`, 1);
      add(endedField, 1);
    },
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** The sums over all workers since the first job in this Redis. */
export async function readJobTotals({ redis, keys }: Shard): Promise<JobTotals> {
  const fields = await redis.hgetall(keys.totals);
  const totals: JobTotals = { outcomes: [], steps: [], cacheHits: Number(fields['cache_hits:'] ?? 0) };
  for (const [field, text] of Object.entries(fields)) {
    const [kind, word = ''] = field.split(':');
    if (kind === 'completed' || kind === 'cancelled')
      totals.outcomes.push({ outcome: kind, code: '', count: Number(text) });
    if (kind === 'failed') totals.outcomes.push({ outcome: kind, code: word, count: Number(text) });
    if (kind === 'seconds') {
      totals.steps.push({ step: word, seconds: Number(text), runs: Number(fields[`runs:${word}`] ?? 0) });
    }
  }
  return totals;
}

/** What the API needs, and whether it is there. */
import type { Health } from '@tintype/contracts';
import { type QueuePauses, readLivingWorkers } from '@tintype/jobs';
import type { Shard, WithDeadline } from '@tintype/redis';
import type { BlobStore } from '@tintype/storage';

export type ChecksOptions = {
  shard: Shard;
  withDeadline: WithDeadline;
  blobs: Pick<BlobStore, 'check'>;
  pauses: Pick<QueuePauses, 'paused'>;
};

type CheckResult = Health['checks'][string];
export type Checks = Record<'redis' | 'storage' | 'workers' | 'queue', () => Promise<CheckResult>>;

/** None of them throws: what fails is down, with words of ours for the reason. */
export function createChecks({ shard, withDeadline, blobs, pauses }: ChecksOptions): Checks {
  return {
    redis: () =>
      resultOf(
        withDeadline(() => shard.redis.ping()),
        'Redis does not answer',
      ),
    storage: () => resultOf(blobs.check(), 'the storage cannot be written'),
    workers: () => checkWorkers(shard, withDeadline),
    queue: () => checkQueue(pauses, withDeadline),
  };
}

async function resultOf(work: Promise<unknown>, reason: string): Promise<CheckResult> {
  try {
    await work;
    return { status: 'ok' };
  } catch {
    return { status: 'down', reason };
  }
}

/** Workers of the first release have no heartbeat. */
async function checkWorkers(shard: Shard, withDeadline: WithDeadline): Promise<CheckResult> {
  const living = await withDeadline(() => readLivingWorkers(shard)).catch(() => null);
  if (!living || (living.workers.length === 0 && !living.hasFirstRelease)) {
    return { status: 'down', reason: 'no worker is connected: jobs are accepted and wait' };
  }
  const areConfined = !living.hasFirstRelease && living.workers.every(({ isConfined }) => isConfined);
  const reason = 'a worker’s kernel does not confine the processes that decode: see SECURITY.md';
  return areConfined ? { status: 'ok' } : { status: 'ok', reason };
}

/** A pause is somebody's wish, and no trouble; but who wonders why nothing happens finds it here. */
async function checkQueue(pauses: ChecksOptions['pauses'], withDeadline: WithDeadline): Promise<CheckResult> {
  const paused = await withDeadline(() => pauses.paused()).catch(() => null);
  if (paused === null) return { status: 'down', reason: 'Redis does not answer' };
  if (paused.length === 0) return { status: 'ok' };
  return { status: 'ok', reason: `paused: jobs of the lanes ${paused.join(', ')} are accepted and wait` };
}

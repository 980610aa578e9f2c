/** What the API needs, and whether it is there. */
import type { Health } from '@tintype/contracts';
import { readLivingWorkers } from '@tintype/jobs';
import type { Shard, WithDeadline } from '@tintype/redis';
import type { BlobStore } from '@tintype/storage';

export type ChecksOptions = {
  shard: Shard;
  withDeadline: WithDeadline;
  blobs: Pick<BlobStore, 'check'>;
};

type CheckResult = Health['checks'][string];
export type Checks = Record<'redis' | 'storage' | 'workers', () => Promise<CheckResult>>;

/** None of them throws: what fails is down, with words of ours for the reason. */
export function createChecks({ shard, withDeadline, blobs }: ChecksOptions): Checks {
  return {
    redis: () =>
      resultOf(
        withDeadline(() => shard.redis.ping()),
        'Redis does not answer',
      ),
    storage: () => resultOf(blobs.check(), 'the storage cannot be written'),
    workers: () =>
      resultOf(
        withDeadline(() => requireWorker(shard)),
        'no worker is connected: jobs are accepted and wait',
      ),
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
async function requireWorker(shard: Shard): Promise<void> {
  const { workers, hasFirstRelease } = await readLivingWorkers(shard);
  if (workers.length === 0 && !hasFirstRelease) throw new Error('there is no worker');
}

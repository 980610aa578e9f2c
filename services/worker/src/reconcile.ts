/** The slow reconciliation: once a day by one of the workers, and at once by the operator's command. */
import { createReconciliation, type Reconciled } from '@tintype/jobs';
import type { Shard } from '@tintype/redis';
import type { Logger } from '@tintype/runtime';
import { type BlobStore, openBlobStore } from '@tintype/storage';
import { withShard } from './operator-shard.ts';

/** How often one of the workers reconciles. */
const intervalMs = 86_400_000;
/** How often each looks whether it is time. */
const lookEveryMs = 600_000;

/** The command, as logs and docs name it. */
export const reconcileCommand = 'npm run reconcile';

/** Reconciles whenever no worker has done so for a day; `name` is who does it. */
export function startReconciling(shard: Shard, blobs: BlobStore, name: string, logger: Logger) {
  const stopping = new AbortController();
  const onManyFiles = (unneeded: number, all: number) =>
    logger.error(
      { unneeded, all },
      `too many files seem to be needed by nobody: is it the right Redis? If so, \`${reconcileCommand}\` erases them`,
    );
  const reconciliation = createReconciliation({
    shard,
    listBlobs: blobs.list,
    eraseBlob: blobs.erase,
    onManyFiles,
  });
  const runWhenDue = async () => {
    const isDue = await shard.redis.set(shard.keys.reconciliation, name, 'PX', intervalMs, 'NX');
    if (isDue === null) return;
    const found = await reconciliation.run(stopping.signal);
    const sum = Object.values(found).reduce((total, count) => total + count, 0);
    logger[sum === 0 ? 'debug' : 'warn']({ found }, 'leftovers of crashes were looked for');
  };
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= runWhenDue()
      .catch((err) => logger.warn({ err }, 'leftovers of crashes could not be looked for'))
      .finally(() => {
        running = null;
      });
  }, lookEveryMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** Reconciles now, with progress on standard error; without an answer of Redis says so, and the process ends with 1. */
export async function reconcileNow(redisUrl: string, storage: string): Promise<void> {
  const reconcile = (shard: Shard) => {
    const blobs = openBlobStore(storage);
    const onProgress = (lookedAt: number) => process.stderr.write(`\r${lookedAt} looked at`);
    return createReconciliation({ shard, listBlobs: blobs.list, eraseBlob: blobs.erase, onProgress }).run();
  };
  try {
    const found = await withShard(redisUrl, reconcile);
    process.stderr.write('\r');
    process.stdout.write(`${reportOf(found)}\n`);
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    process.stderr.write(`It could not be finished (${reason}): look at REDIS_URL and STORAGE.\n`);
    process.exitCode = 1;
  }
}

function reportOf({ notes, files, jobs, failures, batches, lists, sources, counters }: Reconciled): string {
  return [
    `${notes} notes of jobs that are gone were dropped`,
    `${files} files that nobody needs were erased`,
    `${jobs} jobs that stood nowhere are in the queue again`,
    `${failures} entries of jobs that have not failed were dropped from the index of failures`,
    `${batches} batches that nothing would have removed will go when they expire`,
    `${lists} entries in the lists of jobs were put right`,
    `${sources} entries of sources whose job is gone were dropped`,
    `${counters} corrections were made to the counters of what tenants keep`,
  ].join('\n');
}

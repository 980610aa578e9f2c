/** The operator's list of jobs whose records cannot be read. */
import { createUnreadableJobs, type UnreadableJob } from '@tintype/jobs';
import { withShard } from './operator-shard.ts';

/** Prints the list; without an answer of Redis, prints so and lets the process end with 1. */
export async function printUnreadable(redisUrl: string): Promise<void> {
  try {
    const jobs = await withShard(redisUrl, (shard) => createUnreadableJobs(shard).list());
    process.stdout.write(tableOf(jobs));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    process.stderr.write(`Redis does not answer (${reason}): look at REDIS_URL, and whether it runs.\n`);
    process.exitCode = 1;
  }
}

/** A line for each, earliest first, with a heading; or one that says that there are none. */
function tableOf(jobs: UnreadableJob[]): string {
  if (jobs.length === 0) return 'No record is known that cannot be read.\n';
  const rows = jobs.sort((one, other) => (one.metAtMs ?? 0) - (other.metAtMs ?? 0)).map(rowOf);
  const note = 'DELETE /v1/thumbnails/<id> removes one with its files; a newer version may read it.';
  return [['id', 'first met', 'tenant', 'version', 'reason'], ...rows]
    .map((row) => row.join('\t'))
    .concat('', note, '')
    .join('\n');
}

function rowOf({ id, metAtMs, tenant, version, reason }: UnreadableJob): string[] {
  const metAt = metAtMs === null ? '?' : new Date(metAtMs).toISOString();
  return [id, metAt, tenant ?? '?', String(version ?? '?'), reason];
}

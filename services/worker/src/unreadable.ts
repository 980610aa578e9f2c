/** The operator's list of jobs whose records cannot be read. */
import { createUnreadableJobs, type UnreadableJob } from '@tintype/jobs';
import { connectWorker, disconnect, openShard } from '@tintype/redis';

/** A line for each, earliest first, with a heading; or one that says that there are none. */
export async function listUnreadable(redisUrl: string): Promise<string> {
  const redis = connectWorker(redisUrl);
  try {
    const jobs = await createUnreadableJobs(openShard(redis)).list();
    if (jobs.length === 0) return 'No record is known that cannot be read.\n';
    const rows = jobs.sort((one, other) => one.metAtMs - other.metAtMs).map(rowOf);
    const note = 'DELETE /v1/thumbnails/<id> removes one with its files; a newer version may read it.';
    return [['id', 'first met', 'tenant', 'version', 'reason'], ...rows]
      .map((row) => row.join('\t'))
      .concat('', note, '')
      .join('\n');
  } finally {
    await disconnect(redis);
  }
}

function rowOf({ id, metAtMs, tenant, version, reason }: UnreadableJob): string[] {
  return [id, new Date(metAtMs).toISOString(), tenant ?? '?', String(version ?? '?'), reason];
}

/** What tenants keep, counted from the records and notes themselves, without the scripts that count. */
import { keysOf, type RedisConnection } from '@tintype/redis';

export type Kept = { jobs: number; jobBytes: number; diskBytes: number };

const keys = keysOf(0);

/** The rule of what a job is counted with, written down once more. */
export function bytesOfJob(data: string): number {
  return 3800 + 500 * (data.split('"width":').length - 1) + Math.ceil(1.25 * Buffer.byteLength(data));
}

async function namesOf(redis: RedisConnection, prefix: string): Promise<string[]> {
  return (await redis.keys(`${prefix}*`)).filter((name) => !name.endsWith(':lock'));
}

/** By tenant; who keeps nothing is not in it. */
export async function recountByHand(redis: RedisConnection): Promise<Record<string, Kept>> {
  const kept: Record<string, Kept> = {};
  const of = (tenant: string) => (kept[tenant] ??= { jobs: 0, jobBytes: 0, diskBytes: 0 });
  const tenants = new Map<string, string>();
  for (const name of await namesOf(redis, keys.jobPrefix)) {
    const id = name.slice(keys.jobPrefix.length);
    if (!/^[0-9a-f-]{36}$/.test(id)) continue;
    const data = (await redis.hget(name, 'data')) ?? '';
    const { tenant } = JSON.parse(data);
    tenants.set(id, tenant);
    of(tenant).jobs += 1;
    of(tenant).jobBytes += bytesOfJob(data);
  }
  for (const name of await namesOf(redis, keys.referrers(''))) {
    for (const [id, note] of Object.entries(await redis.hgetall(name))) {
      const [, bytes = '0', tenant] = note.split(' ');
      const whose = tenant === undefined ? tenants.get(id) : decodeURIComponent(tenant);
      if (whose === undefined) throw new Error(`nobody knows whose the note of ${id} is`);
      if (bytes !== '0') of(whose).diskBytes += Number(bytes);
    }
  }
  return kept;
}

/** What the counters say, of tenants that keep something. */
export async function countersOf(redis: RedisConnection): Promise<Record<string, Kept>> {
  const kept: Record<string, Kept> = {};
  for (const tenant of await redis.smembers(keys.usageTenants)) {
    const [jobs, jobBytes, diskBytes] = await redis.hmget(
      `${keys.usagePrefix}${tenant}`,
      'jobs',
      'jobBytes',
      'diskBytes',
    );
    kept[decodeURIComponent(tenant)] = {
      jobs: Number(jobs),
      jobBytes: Number(jobBytes),
      diskBytes: Number(diskBytes),
    };
  }
  return kept;
}

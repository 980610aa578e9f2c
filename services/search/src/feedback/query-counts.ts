/** How often what is searched: counted in memory, and written from time to time in one statement. */
import type { Logger } from '@tintype/runtime';
import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';
import { queryDigest } from './query-digest.ts';

export type QueryCounts = {
  /** Somebody searched for this, and so much was found. */
  count(tenant: string, query: string, found: number): void;
  /** Writes what was counted; what cannot be written now is written with the next. */
  flush(): Promise<void>;
  stop(): Promise<void>;
};

const flushEveryMs = 2000;
/** Queries in memory; while there are so many, others are not counted. */
const mostCounted = 10_000;
/** Queries of a tenant on a day; above that others are not counted, so that nobody fills the disk with words of his own. */
const mostOfDay = 10_000;
/** What was searched before is forgotten. */
const keptDays = 400;

type Counted = { tenant: string; day: string; digest: string; query: string; searches: number; empty: number };

export function createQueryCounts(db: Database, logger: Logger): QueryCounts {
  const counted = new Map<string, Counted>();
  let running: Promise<void> = Promise.resolve();

  const add = (one: Counted): void => {
    const key = `${one.day} ${one.digest} ${one.tenant}`;
    const known = counted.get(key);
    if (!known && counted.size >= mostCounted) return;
    const { searches = 0, empty = 0 } = known ?? {};
    counted.set(key, { ...one, searches: searches + one.searches, empty: empty + one.empty });
  };
  const write = async (): Promise<void> => {
    if (counted.size === 0) return;
    const all = [...counted.values()];
    counted.clear();
    try {
      await writeCounts(db, all);
    } catch (err) {
      logger.warn({ err, queries: all.length }, 'searches cannot be counted now');
      for (const one of all) add(one);
    }
  };
  const flush = (): Promise<void> => {
    running = running.then(write);
    return running;
  };
  const timer = setInterval(() => void flush(), flushEveryMs);
  return {
    count(tenant, query, found) {
      const digest = queryDigest(query);
      if (digest === null) return;
      const day = new Date().toISOString().slice(0, 10);
      add({ tenant, day, digest, query, searches: 1, empty: found === 0 ? 1 : 0 });
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** In one order, so that two processes do not wait for each other. */
async function writeCounts(db: Database, counted: readonly Counted[]): Promise<void> {
  await sql`
    with counted as (
      select * from unnest(
        ${counted.map(({ tenant }) => tenant)}::text[], ${counted.map(({ day }) => day)}::date[],
        ${counted.map(({ digest }) => digest)}::text[], ${counted.map(({ query }) => query)}::text[],
        ${counted.map(({ searches }) => searches)}::bigint[], ${counted.map(({ empty }) => empty)}::bigint[]
      ) as counted (tenant, day, query_key, query, searches, empty)
    ), full_days as (
      select tenant, day from query_counts
      where (tenant, day) in (select tenant, day from counted)
      group by tenant, day having count(*) >= ${mostOfDay}
    )
    insert into query_counts (tenant, day, query_key, query, searches, empty)
    select * from counted
    where (tenant, day) not in (select tenant, day from full_days)
      or exists (
        select from query_counts as known
        where (known.tenant, known.day, known.query_key) = (counted.tenant, counted.day, counted.query_key)
      )
    order by tenant, day, query_key
    on conflict (tenant, day, query_key) do update set
      query = excluded.query,
      searches = query_counts.searches + excluded.searches,
      empty = query_counts.empty + excluded.empty`.execute(db);
}

export async function forgetOldCounts(db: Database): Promise<void> {
  await sql`delete from query_counts where day < current_date - ${keptDays}::int`.execute(db);
}

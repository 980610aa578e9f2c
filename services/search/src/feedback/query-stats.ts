/** What is searched most, what finds nothing, and how well the results are liked, from what was counted and judged. */
import type { QueryStats, QueryStatsOrder } from '@tintype/contracts';
import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';

/** Days that are told. */
const mostDays = 400;

type Counts = { searches: string; empty: string; positive: string; negative: string };

export async function queryStats(db: Database, order: QueryStatsOrder): Promise<QueryStats> {
  const [top, zero, days] = await Promise.all([
    countedQueries(db, order, 'searches'),
    countedQueries(db, order, 'empty'),
    countedDays(db, order),
  ]);
  return { top, zero_result: zero, by_day: days };
}

async function countedQueries(db: Database, order: QueryStatsOrder, by: 'searches' | 'empty') {
  const { tenant, limit } = order;
  const { rows } = await sql<Counts & { query: string }>`
    with counted as (
      select query_key, (array_agg(query order by day desc))[1] as query, sum(searches) as searches, sum(empty) as empty
      from query_counts where tenant = ${tenant} and ${onDays(order)}
      group by query_key
    ), chosen as (
      select * from counted where ${sql.ref(by)} > 0 order by ${sql.ref(by)} desc, query limit ${limit}
    )
    select query, searches, empty,
      count(*) filter (where verdict > 0) as positive, count(*) filter (where verdict < 0) as negative
    from chosen left join ${countingVerdicts(order)} as judged using (query_key)
    group by query_key, query, searches, empty
    order by ${sql.ref(by)} desc, query`.execute(db);
  return rows.map(({ query, ...counts }) => ({ query, ...numbersOf(counts) }));
}

async function countedDays(db: Database, order: QueryStatsOrder): Promise<QueryStats['by_day']> {
  const { tenant } = order;
  const { rows } = await sql<Counts & { day: string }>`
    with days as (
      select day, searches, empty, 0 as positive, 0 as negative
      from query_counts where tenant = ${tenant} and ${onDays(order)}
      union all
      select (at at time zone 'utc')::date, 0, 0, (verdict > 0)::int, (verdict < 0)::int
      from ${countingVerdicts(order)} as judged
    )
    select to_char(day, 'YYYY-MM-DD') as day, sum(searches) as searches, sum(empty) as empty,
      sum(positive) as positive, sum(negative) as negative
    from days group by days.day order by days.day desc limit ${mostDays}`.execute(db);
  return rows.map(({ day, ...counts }) => ({ day, ...numbersOf(counts) })).reverse();
}

/** Whole days: searches are counted by these. */
function onDays({ from, to }: QueryStatsOrder) {
  return sql`day >= (${from ?? '-infinity'}::timestamptz at time zone 'utc')::date
    and day < (${to ?? 'infinity'}::timestamptz at time zone 'utc')`;
}

/** The last one of a voter on an item. */
function countingVerdicts({ tenant, from, to }: QueryStatsOrder) {
  return sql`(
    select distinct on (query_key, name, voter) query_key, verdict, at from verdicts
    where tenant = ${tenant}
      and at >= ${from ?? '-infinity'}::timestamptz and at < ${to ?? 'infinity'}::timestamptz
    order by query_key, name, voter, seq desc
  )`;
}

function numbersOf(counts: Counts) {
  const [searches, empty] = [Number(counts.searches), Number(counts.empty)];
  const [positive, negative] = [Number(counts.positive), Number(counts.negative)];
  const verdicts = positive + negative;
  return { searches, empty, positive, negative, positive_rate: verdicts === 0 ? null : positive / verdicts };
}

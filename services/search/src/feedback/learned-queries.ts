/** What was learned of single queries: worked out from the verdicts when first needed, and forgotten when they change. */
import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';
import { type Learned, learn } from '../ranking/learned.ts';
import { queryDigest } from './query-digest.ts';

export type LearnedQueries = {
  /** Null where nobody has said anything of this query. */
  of(tenant: string, text: string): Promise<Learned | null>;
  /** The feedback on this query has changed. */
  forget(tenant: string, digest: string): void;
  /** Items of the tenant have changed: names and words of them are part of what was learned. */
  forgetTenant(tenant: string): void;
  forgetAll(): void;
};

/** Of a query's verdicts the latest are read, and of these the latest of each network: it is learned in a time that has an end. */
const mostRead = 30_000;
const mostOfNetwork = 1000;
/** All that count. */
const mostVerdicts = 10_000;
/** Items and terms of all queries that are kept, each about a hundred bytes. */
const mostWeight = 200_000;
/** Of a query of which nothing was learned. */
const leastWeight = 4;

type Entry = { learned: Promise<Learned | null>; weight: number };

export function createLearnedQueries(db: Database): LearnedQueries {
  /** By tenant and digest. The one that was asked for last stands last, in either map. */
  const tenants = new Map<string, Map<string, Entry>>();
  let weight = 0;

  const forget = (tenant: string, digest: string): void => {
    const entries = tenants.get(tenant);
    weight -= entries?.get(digest)?.weight ?? 0;
    entries?.delete(digest);
    if (entries?.size === 0) tenants.delete(tenant);
  };
  const put = (tenant: string, digest: string, entry: Entry): void => {
    forget(tenant, digest);
    const entries = tenants.get(tenant) ?? new Map<string, Entry>();
    tenants.delete(tenant);
    tenants.set(tenant, entries.set(digest, entry));
    weight += entry.weight;
  };
  const makeRoom = (): void => {
    for (const [tenant, entries] of tenants) {
      for (const digest of entries.keys()) {
        if (weight <= mostWeight) return;
        forget(tenant, digest);
      }
    }
  };
  const load = (tenant: string, digest: string): Entry => {
    const entry: Entry = { learned: learnedOf(db, tenant, digest), weight: leastWeight };
    // It may be forgotten meanwhile, since what it is made of has changed.
    const isThere = () => tenants.get(tenant)?.get(digest) === entry;
    entry.learned.then(
      (learned) => {
        if (!isThere()) return;
        const more = (learned?.items.size ?? 0) + (learned?.terms.size ?? 0);
        put(tenant, digest, Object.assign(entry, { weight: leastWeight + more }));
        makeRoom();
      },
      () => isThere() && forget(tenant, digest),
    );
    return entry;
  };
  return {
    async of(tenant, text) {
      const digest = queryDigest(text);
      if (digest === null) return null;
      const entry = tenants.get(tenant)?.get(digest) ?? load(tenant, digest);
      put(tenant, digest, entry);
      return entry.learned;
    },
    forget,
    forgetTenant(tenant) {
      for (const { weight: gone } of tenants.get(tenant)?.values() ?? []) weight -= gone;
      tenants.delete(tenant);
    },
    forgetAll() {
      tenants.clear();
      weight = 0;
    },
  };
}

/** An item is known by what it was when the verdict came, and one that was not there yet by its name. */
async function learnedOf(db: Database, tenant: string, digest: string): Promise<Learned | null> {
  const { rows } = await sql<{ id: string; voter: string; network: string | null; verdict: number; text: string }>`
    with read as (
      select * from verdicts where tenant = ${tenant} and query_key = ${digest} order by seq desc limit ${mostRead}
    ), placed as (
      select *, row_number() over (partition by network order by seq desc) as place from read
    )
    select distinct on (item.id, latest.voter)
      item.id, latest.voter, latest.network, latest.verdict,
      concat_ws(' ', item.name, item.caption, array_to_string(item.tags, ' ')) as text
    from (
      select * from placed where network is null or place <= ${mostOfNetwork} order by seq desc limit ${mostVerdicts}
    ) as latest
    join lateral (
      select * from items
      where tenant = ${tenant} and (id = latest.item or name = latest.name)
      order by id is not distinct from latest.item desc limit 1
    ) as item on true
    order by item.id, latest.voter, latest.seq desc`.execute(db);
  if (rows.length === 0) return null;
  const texts = new Map(rows.map(({ id, text }) => [id, text]));
  const verdicts = rows.map(({ verdict, ...row }) => ({ ...row, verdict: verdict > 0 ? 1 : -1 }) as const);
  return learn(verdicts, (id) => texts.get(id) ?? null);
}

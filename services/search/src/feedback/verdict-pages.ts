/** All verdicts that count, page by page: what is in memory of them is one page, and no transaction waits for the reader. */
import type { VerdictsPage, VerdictsQuery } from '@tintype/contracts';
import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';
import { queryDigest } from './query-digest.ts';

const pageSize = 500;

type Row = {
  seq: string;
  query: string;
  name: string;
  verdict: number;
  position: number | null;
  voter: string;
  batch: string;
  at: Date;
};

/** The oldest first. What is undone meanwhile is left out. */
export async function* verdictPages(db: Database, query: VerdictsQuery): AsyncGenerator<VerdictsPage, void> {
  for (let after = '0'; ; ) {
    const rows = await readPage(db, query, after);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(rowOf);
    if (rows.length < pageSize) return;
    after = last.seq;
  }
}

async function readPage(db: Database, { tenant, query, from, to }: VerdictsQuery, after: string): Promise<Row[]> {
  const ofQuery = query === undefined ? sql`true` : sql`query_key = ${queryDigest(query) ?? ''}`;
  const { rows } = await sql<Row>`
    select seq, query, name, verdict, position, voter, batch, at from verdicts as given
    where tenant = ${tenant} and seq > ${after} and ${ofQuery}
      and at >= ${from ?? '-infinity'}::timestamptz and at < ${to ?? 'infinity'}::timestamptz
      and not exists (
        select from verdicts as later
        where later.tenant = given.tenant and later.query_key = given.query_key and later.name = given.name
          and later.voter = given.voter and later.seq > given.seq
      )
    order by seq limit ${pageSize}`.execute(db);
  return rows;
}

function rowOf({ query, name, verdict, position, voter, batch, at }: Row): VerdictsPage[number] {
  const label = verdict > 0 ? 'positive' : 'negative';
  return { query, item: name, label, position, voter, batch, created_at: at.toISOString() };
}

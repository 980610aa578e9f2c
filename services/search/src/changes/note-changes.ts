/** The feed of changes, written: what a transaction changes of an item, or of the feedback on a query, is noted in it. */
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** The channel on which a process hears that there are changes. */
export const changesChannel = 'tintype_changes';

/** One change at a time draws its number and becomes visible: who reads on from a number misses none. */
const feedLock = 7_215_401;

export type NotedChange = { tenant: string; item: string } | { tenant: string; query_key: string };

/** The last thing that a transaction does: others wait from here on until it ends. */
export async function noteChanges(transaction: Transaction<Tables>, changes: readonly NotedChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`select pg_advisory_xact_lock(${feedLock})`.execute(transaction);
  const rows = changes.map((change) => ({ item: null, query_key: null, ...change }));
  await transaction.insertInto('changes').values(rows).execute();
  await sql`select pg_notify(${changesChannel}, '')`.execute(transaction);
}

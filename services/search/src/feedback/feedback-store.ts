/** Feedback in PostgreSQL: batches of verdicts, each kept once, and taken back as a whole. */
import { type BatchesQuery, type FeedbackKept, type FeedbackToKeep, type KeptBatch, Problem } from '@tintype/contracts';
import { type Selectable, sql, type Transaction } from 'kysely';
import { noteChanges } from '../changes/note-changes.ts';
import type { Database } from '../database/connect.ts';
import type { BatchesTable, Tables } from '../database/tables.ts';
import { queryDigest } from './query-digest.ts';
import { type KeptVoter, voterNow } from './voters.ts';

export type FeedbackStore = {
  /** Keeps the batch; one that has come before is answered as it was. */
  keep(batch: FeedbackToKeep): Promise<FeedbackKept>;
  /** As if the batch had never come; should it come again, nothing is kept of it. Throws `not_found`. */
  undo(batch: string): Promise<FeedbackKept>;
  /** A page, the newest first. */
  batches(query: BatchesQuery): Promise<KeptBatch[]>;
};

/** A verdict as it was given; `digest`: of its query. */
type Given = { digest: string; query: string; name: string; verdict: 1 | -1; position: number | null };

export function createFeedbackStore(db: Database): FeedbackStore {
  return {
    keep: (batch) => db.transaction().execute((transaction) => keep(transaction, batch)),
    undo: (batch) => db.transaction().execute((transaction) => undo(transaction, batch)),
    async batches({ tenant, before, limit }) {
      let query = db.selectFrom('batches').selectAll();
      if (tenant !== undefined) query = query.where('tenant', '=', tenant);
      if (before !== undefined) query = query.where('id', '<', before);
      const rows = await query.orderBy('id', 'desc').limit(limit).execute();
      return rows.map(batchOf);
    },
  };
}

async function keep(transaction: Transaction<Tables>, batch: FeedbackToKeep): Promise<FeedbackKept> {
  const { batch: id, tenant, at } = batch;
  const given = verdictsIn(batch);
  const names = [...new Set(given.map(({ name }) => name))];
  const kept = await voterNow(transaction, batch);
  const known = await transaction
    .selectFrom('items')
    .select('name')
    .where('tenant', '=', tenant)
    .where(sql<boolean>`name = any(${names})`)
    .execute();
  const knownNames = new Set(known.map(({ name }) => name));
  const unknown = names.filter((name) => !knownNames.has(name));
  const added = await transaction
    .insertInto('batches')
    .values({ id, tenant, voter: kept.voter, verdicts: given.length, unknown, at })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!added) return keptOf(transaction, id);
  await insertVerdicts(transaction, batch, kept, given);
  await noteQueries(
    transaction,
    tenant,
    given.map(({ digest }) => digest),
  );
  return { accepted: given.length, unknown };
}

/** Feedback on a text without a word moves nothing, and is kept all the same. */
function verdictsIn({ entries }: FeedbackToKeep): Given[] {
  return entries.flatMap(({ query, positive = [], negative = [], positions = {} }) => {
    const digest = queryDigest(query) ?? '';
    const placed = (verdict: 1 | -1) => (name: string) => ({
      ...{ digest, query, name, verdict },
      position: Object.hasOwn(positions, name) ? (positions[name] ?? null) : null,
    });
    return [...positive.map(placed(1)), ...negative.map(placed(-1))];
  });
}

async function keptOf(transaction: Transaction<Tables>, id: string): Promise<FeedbackKept> {
  const { verdicts, unknown } = await transaction
    .selectFrom('batches')
    .select(['verdicts', 'unknown'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { accepted: verdicts, unknown };
}

/** In their order: the last one of a voter counts. */
async function insertVerdicts(
  transaction: Transaction<Tables>,
  { batch, tenant, at }: FeedbackToKeep,
  { voter, network }: KeptVoter,
  given: readonly Given[],
): Promise<void> {
  const digests = given.map(({ digest }) => digest);
  const queries = given.map(({ query }) => query);
  const names = given.map(({ name }) => name);
  const verdicts = given.map(({ verdict }) => verdict);
  const positions = given.map(({ position }) => position);
  await sql`
    insert into verdicts (batch, tenant, query_key, query, name, item, voter, network, verdict, position, at)
    select ${batch}::uuid, ${tenant}, digest, query, given.name, items.id, ${voter}, ${network}, verdict, position,
      ${at}::timestamptz
    from unnest(${digests}::text[], ${queries}::text[], ${names}::text[], ${verdicts}::int[], ${positions}::int[])
      with ordinality as given (digest, query, name, verdict, position, place)
    left join items on items.tenant = ${tenant} and items.name = given.name
    order by place`.execute(transaction);
}

async function undo(transaction: Transaction<Tables>, id: string): Promise<FeedbackKept> {
  const { tenant } = await transaction
    .updateTable('batches')
    .set({ undone_at: sql<Date>`coalesce(undone_at, now())` })
    .where('id', '=', id)
    .returning('tenant')
    .executeTakeFirstOrThrow(() => new Problem('not_found', { detail: 'There is no such batch of feedback.' }));
  const gone = await transaction.deleteFrom('verdicts').where('batch', '=', id).returning('query_key').execute();
  await noteQueries(
    transaction,
    tenant,
    gone.map((row) => row.query_key),
  );
  return { accepted: gone.length, unknown: [] };
}

function noteQueries(transaction: Transaction<Tables>, tenant: string, digests: string[]): Promise<void> {
  return noteChanges(
    transaction,
    [...new Set(digests)].map((query_key) => ({ tenant, query_key })),
  );
}

function batchOf({ id, tenant, voter, verdicts, unknown, at, undone_at }: Selectable<BatchesTable>): KeptBatch {
  return {
    ...{ id, tenant, voter, verdicts },
    unknown: unknown.length,
    at: new Date(at).toISOString(),
    undoneAt: undone_at?.toISOString() ?? null,
  };
}

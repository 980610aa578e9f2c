/** The items of all tenants in PostgreSQL, which is the truth: each change of one leaves a row in the feed of changes. */
import { isDeepStrictEqual } from 'node:util';
import { type ItemCommand, type ItemsQuery, type KeptItem, Problem } from '@tintype/contracts';
import { type Selectable, sql, type Transaction } from 'kysely';
import { noteChanges } from '../changes/note-changes.ts';
import { type Database, isDuplicate } from '../database/connect.ts';
import type { ItemsTable, Tables } from '../database/tables.ts';

export type ItemStore = {
  /** Does it, and answers with the item as it is then. Throws `not_found`, `conflict` and `precondition_failed`. */
  run(command: ItemCommand): Promise<KeptItem>;
  /** Those that there are, the newest first. */
  list(query: ItemsQuery): Promise<KeptItem[]>;
};

/** Items on a page when nothing else is said. */
const usualLimit = 20;

type Change = Transaction<Tables>;
type Row = Selectable<ItemsTable>;
type Commands = {
  [Kind in ItemCommand['do']]: (change: Change, command: Extract<ItemCommand, { do: Kind }>) => Promise<Row>;
};

export function createItemStore(db: Database): ItemStore {
  return {
    async run(command) {
      try {
        const row = await db.transaction().execute(async (change) => {
          const done = await runIn(change, command);
          await noteChanges(change, [{ tenant: command.tenant, item: command.id }]);
          return done;
        });
        return itemOf(row);
      } catch (err) {
        if (isDuplicate(err)) throw new Problem('conflict', { detail: 'Another item has this name.', cause: err });
        throw err;
      }
    },
    async list({ tenant, id, name, before, limit = usualLimit }) {
      let query = db.selectFrom('items').selectAll();
      if (tenant !== undefined) query = query.where('tenant', '=', tenant);
      if (id !== undefined) query = query.where('id', 'in', id);
      if (name !== undefined) query = query.where('name', '=', name);
      if (before !== undefined) query = query.where('id', '<', before);
      if (id?.length === 0) return [];
      const rows = await query
        .orderBy('id', 'desc')
        .limit(id?.length ?? limit)
        .execute();
      return rows.map(itemOf);
    },
  };
}

function runIn(change: Change, command: ItemCommand): Promise<Row> {
  switch (command.do) {
    case 'add':
      return commands.add(change, command);
    case 'change':
      return commands.change(change, command);
    case 'end':
      return commands.end(change, command);
    case 'remove':
      return commands.remove(change, command);
  }
}

const commands: Commands = {
  /** Adding the same id again, as a request that is sent again does, changes nothing. */
  async add(change, { tenant, id, name, caption, tags, fileName }) {
    const added = await change
      .insertInto('items')
      .values({ tenant, id, name, caption, tags, file_name: fileName })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returningAll()
      .executeTakeFirst();
    return added ?? rowOf(change, { tenant, id });
  },

  async change(change, { tenant, id, name, caption, tags, revision }) {
    await requireRevision(change, { tenant, id, revision });
    return change
      .updateTable('items')
      .set({
        ...(name !== undefined && { name }),
        ...(caption !== undefined && { caption }),
        ...(tags !== undefined && { tags }),
        ...changed,
      })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(noItem);
  },

  /**
   * A later end replaces an earlier one; but what was made once stays when a job is cancelled after it. The same end is
   * told more than once: who has read the item since has read what it is.
   */
  async end(change, { tenant, id, made, problem }) {
    const before = await rowOf(change, { tenant, id });
    if (made === null && before.made !== null) return before;
    const after = { status: made === null ? 'failed' : 'ready', problem: made === null ? problem : null } as const;
    const isSame = before.status === after.status && before.problem === after.problem;
    if (isSame && isDeepStrictEqual(before.made, made)) return before;
    return change
      .updateTable('items')
      .set({ made: made === null ? null : JSON.stringify(made), ...after, ...changed })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(noItem);
  },

  async remove(change, { tenant, id, revision }) {
    await requireRevision(change, { tenant, id, revision });
    return change
      .deleteFrom('items')
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(noItem);
  },
};

const changed = { revision: sql<number>`revision + 1`, updated_at: sql<Date>`now()` };
const noItem = () => new Problem('not_found', { detail: 'There is no such item.' });

/** Locked until the end of the change. */
async function rowOf(change: Change, { tenant, id }: { tenant: string; id: string }): Promise<Row> {
  return change
    .selectFrom('items')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow(noItem);
}

async function requireRevision(
  change: Change,
  { revision, ...item }: { tenant: string; id: string; revision: number | undefined },
): Promise<void> {
  if (revision === undefined) return;
  const row = await rowOf(change, item);
  if (row.revision !== revision) throw new Problem('precondition_failed', { detail: 'The item was changed since.' });
}

/** An item as the contract has it. */
export function itemOf(row: Row): KeptItem {
  return {
    id: row.id,
    status: row.status,
    name: row.name,
    caption: row.caption,
    tags: row.tags,
    fileName: row.file_name,
    made: row.made,
    problem: row.problem,
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

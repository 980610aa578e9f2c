/** The tables as Kysely knows them; database/migrations.ts makes them. */
import type { ItemMade } from '@tintype/contracts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type MadeByDatabase<Value> = ColumnType<Value, never, never>;

export type ItemsTable = {
  tenant: string;
  id: string;
  name: string;
  caption: string;
  tags: string[];
  file_name: string | null;
  status: Generated<'pending' | 'ready' | 'failed'>;
  made: JSONColumnType<ItemMade> | null;
  problem: string | null;
  revision: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
};

/** One row for each change of an item, in the order in which they became visible. */
export type ChangesTable = {
  /** A bigint, which the driver gives as text. */
  seq: MadeByDatabase<string>;
  tenant: string;
  item: string;
  at: MadeByDatabase<Date>;
};

export type Tables = { items: ItemsTable; changes: ChangesTable };

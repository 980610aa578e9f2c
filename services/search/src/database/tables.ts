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

/** One row for each change of an item, or of the feedback on a query, in the order in which they became visible. */
export type ChangesTable = {
  /** A bigint, which the driver gives as text. */
  seq: MadeByDatabase<string>;
  tenant: string;
  item: string | null;
  query_key: string | null;
  at: MadeByDatabase<Date>;
};

/** What one request brought. Of one that was undone its verdicts are gone, and this stays: it may be sent once more. */
export type BatchesTable = {
  id: string;
  tenant: string;
  voter: string;
  verdicts: number;
  unknown: string[];
  at: Date | string;
  undone_at: Generated<Date | null>;
};

/** Of a voter the last one on an item counts, by `seq`. */
export type VerdictsTable = {
  seq: MadeByDatabase<string>;
  batch: string;
  tenant: string;
  query_key: string;
  query: string;
  name: string;
  item: string | null;
  voter: string;
  /** Null of a voter with a key. */
  network: string | null;
  verdict: number;
  position: number | null;
  at: Date | string;
};

export type VoterSecretsTable = {
  id: MadeByDatabase<string>;
  secret: Buffer;
  began_at: MadeByDatabase<Date>;
};

/** How often a query was searched on a day (UTC), and how often it found nothing. */
export type QueryCountsTable = {
  tenant: string;
  day: string;
  query_key: string;
  query: string;
  searches: string | number;
  empty: string | number;
};

export type Tables = {
  items: ItemsTable;
  changes: ChangesTable;
  batches: BatchesTable;
  verdicts: VerdictsTable;
  voter_secrets: VoterSecretsTable;
  query_counts: QueryCountsTable;
};

/** What makes the tables, step by step: steps are only ever added, and none is taken back. */
import { InvalidSettings } from '@tintype/runtime';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** Names are compared byte by byte, wherever the database comes from. */
const items: Migration = {
  async up(db) {
    await sql`
      create table items (
        id uuid primary key,
        tenant text not null,
        name text collate "C" not null,
        caption text not null,
        tags text[] not null,
        file_name text,
        status text not null default 'pending' check (status in ('pending', 'ready', 'failed')),
        made jsonb,
        problem text,
        revision integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint items_name unique (tenant, name)
      )`.execute(db);
    await sql`create index items_newest on items (tenant, id)`.execute(db);
    await sql`
      create table changes (
        seq bigint generated always as identity primary key,
        tenant text not null,
        item uuid not null,
        at timestamptz not null default now()
      )`.execute(db);
    await sql`create index changes_at on changes (at)`.execute(db);
  },
};

/**
 * A voter's earlier verdicts stay, so that they count again when a later batch is undone. Queries are told apart by a
 * digest of their words: they may be longer than an index takes.
 */
const feedback: Migration = {
  async up(db) {
    await sql`
      alter table changes
        alter column item drop not null,
        add column query_key text collate "C",
        add constraint changes_of_one_thing check (num_nonnulls(item, query_key) = 1)`.execute(db);
    await sql`
      create table batches (
        id uuid primary key,
        tenant text not null,
        voter text collate "C" not null,
        verdicts integer not null,
        unknown text[] not null,
        at timestamptz not null,
        undone_at timestamptz
      )`.execute(db);
    await sql`create index batches_newest on batches (tenant, id)`.execute(db);
    await sql`
      create table verdicts (
        seq bigint generated always as identity primary key,
        batch uuid not null references batches (id),
        tenant text not null,
        query_key text collate "C" not null,
        query text not null,
        name text collate "C" not null,
        item uuid,
        voter text collate "C" not null,
        verdict smallint not null check (verdict in (1, -1)),
        position integer,
        at timestamptz not null
      )`.execute(db);
    await sql`create index verdicts_of_query on verdicts (tenant, query_key, seq)`.execute(db);
    await sql`create index verdicts_of_voter on verdicts (tenant, query_key, name, voter, seq)`.execute(db);
    await sql`create index verdicts_in_order on verdicts (tenant, seq)`.execute(db);
    await sql`create index verdicts_of_batch on verdicts (batch)`.execute(db);
    await sql`
      create table voter_secrets (
        id bigint generated always as identity primary key,
        secret bytea not null,
        began_at timestamptz not null default now()
      )`.execute(db);
    await sql`
      create table query_counts (
        tenant text not null,
        day date not null,
        query_key text collate "C" not null,
        query text not null,
        searches bigint not null,
        empty bigint not null,
        primary key (tenant, day, query_key)
      )`.execute(db);
  },
};

/** Voters of one address may be one that invents names. */
const networks: Migration = {
  async up(db) {
    await sql`alter table verdicts add column network text collate "C"`.execute(db);
  },
};

/** By name, which is their order too. */
const migrations: Record<string, Migration> = {
  '0001-items': items,
  '0002-feedback': feedback,
  '0003-networks': networks,
};

/**
 * Makes what is missing. Of several processes that do so at once one works, under a lock of the database, and the others
 * wait. Throws `InvalidSettings` for a database that a newer release has changed, or that is somebody else's.
 */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const known = Object.keys(migrations);
  const done = await namesOfDone(db);
  const newer = done.filter((name) => !known.includes(name));
  if (newer.length > 0) {
    const steps = newer.join(', ');
    throw new InvalidSettings(`DATABASE_URL: a newer release has changed this database (${steps}). Start that one.`);
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function namesOfDone<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(
    db,
  );
  if (rows[0]?.there !== true) return [];
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return done.rows.map(({ name }) => name);
}

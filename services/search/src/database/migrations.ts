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

/** By name, which is their order too. */
const migrations: Record<string, Migration> = { '0001-items': items };

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

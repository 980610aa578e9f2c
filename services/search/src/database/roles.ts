/** Who may do what in the database: whoever owns it makes the tables, and the service itself works as somebody who cannot. */
import type { Logger } from '@tintype/runtime';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';

/** Reads and writes rows, and nothing else. Roles are known to a whole server: those of other databases are other ones. */
export async function workingRole<Tables>(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db);
  const name = (rows[0]?.name ?? '').toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  return `${name.slice(0, longestName)}_rows`;
}

/** PostgreSQL cuts names off at 63 bytes. */
const longestName = 50;

/** SQLSTATE: the owner may not make roles; and the role is there, made by another process just now. */
const notAllowed = '42501';
const thereAlready = ['42710', '23505'];

/**
 * Lets the working role into the tables that there are, and everybody else out of the database. Resolves with its name, or
 * with null where the owner may not make roles: then the service works as the owner.
 */
export async function limitRoles<Tables>(db: Kysely<Tables>, logger: Logger): Promise<string | null> {
  const role = await workingRole(db);
  const name = sql.id(role);
  try {
    await makeRole(db, role);
    await db.transaction().execute(async (change) => {
      // Two processes that grant the same at once are refused by the server.
      await sql`select pg_advisory_xact_lock(${rolesLock})`.execute(change);
      await sql`revoke all on database ${await databaseOf(change)} from public`.execute(change);
      await sql`revoke all on schema public from public`.execute(change);
      await sql`grant usage on schema public to ${name}`.execute(change);
      await sql`grant select, insert, update, delete on all tables in schema public to ${name}`.execute(change);
      await sql`grant usage on all sequences in schema public to ${name}`.execute(change);
    });
    return role;
  } catch (err) {
    if (!(err instanceof pg.DatabaseError) || err.code !== notAllowed) throw err;
    logger.warn('the user of DATABASE_URL may not make roles: the service works as the owner of its tables');
    return null;
  }
}

const rolesLock = 7_215_402;

async function databaseOf<Tables>(db: Kysely<Tables>) {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db);
  return sql.id(rows[0]?.name ?? '');
}

async function makeRole<Tables>(db: Kysely<Tables>, role: string): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`
    select exists (select from pg_roles where rolname = ${role}) as there`.execute(db);
  if (rows[0]?.there === true) return;
  try {
    await sql`create role ${sql.id(role)} nologin`.execute(db);
    await sql`grant ${sql.id(role)} to current_user`.execute(db);
  } catch (err) {
    if (!(err instanceof pg.DatabaseError) || !thereAlready.includes(err.code ?? '')) throw err;
  }
}

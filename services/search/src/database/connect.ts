/** The connection to PostgreSQL: a pool whose every wait ends, and what its errors mean. */
import { Problem } from '@tintype/contracts';
import { InvalidSettings, type Logger } from '@tintype/runtime';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

export type DatabaseOptions = {
  url: string;
  connections: number;
  logger: Logger;
  /** The role to work as; null for that of the URL. */
  role: string | null;
};

/** Longest wait for a connection, and for the end of one statement: who asks has given up long before. */
const connectTimeoutMs = 2000;
const statementTimeoutMs = 10_000;

/** Nothing is connected before the first query. */
export function connectDatabase({ url, connections, logger, role }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + connectTimeoutMs,
    application_name: 'tintype-search',
    ...(role !== null && { options: `-c role=${role}` }),
  });
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', (err) => logger.warn({ err: withoutClient(err) }, 'a connection to PostgreSQL broke'));
  // The pool listens to idle ones alone; one that breaks in use tells its query as well, which is who is told.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** The pool hangs the whole connection on the error, with the key that cancels its queries: that is nothing for a log. */
function withoutClient(err: Error): Error {
  Reflect.deleteProperty(err, 'client');
  return err;
}

/** Throws `InvalidSettings` for a URL that the driver cannot read, without a word of it. */
export function requireReadable(url: string): void {
  try {
    new pg.Client({ connectionString: url });
  } catch {
    throw new InvalidSettings(
      'DATABASE_URL cannot be read: postgres://user:password@host:5432/name, with signs like / # ? of a password as %2F %23 %3F.',
    );
  }
}

/** SQLSTATE of a row that is there already (PostgreSQL, appendix A). */
const uniqueViolation = '23505';

/** Whether the row is there already. */
export function isDuplicate(err: unknown): boolean {
  return err instanceof pg.DatabaseError && err.code === uniqueViolation;
}

/** Classes of SQLSTATE that say nothing of the query: connection, resources, an operator's intervention, system. */
const passingClasses = ['08', '53', '57', '58'];

/** What is answered when the database cannot be asked; other errors are defects, and stay what they are. */
export function databaseProblem(err: unknown): unknown {
  if (err instanceof Problem) return err;
  const isPassing = err instanceof pg.DatabaseError && passingClasses.includes(err.code?.slice(0, 2) ?? '');
  const isBroken = !(err instanceof pg.DatabaseError) && err instanceof Error && brokenWords.test(err.message);
  if (!isPassing && !isBroken && !isSystemError(err)) return err;
  return new Problem('dependency_unavailable', { detail: 'PostgreSQL does not answer.', cause: err });
}

/** What the driver says without a code when a connection ends, or cannot be had in time. */
const brokenWords = /timeout|terminated|Connection (ended|terminated)|connection/i;

function isSystemError(err: unknown): boolean {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' && /^E[A-Z]+$/.test(err.code);
}

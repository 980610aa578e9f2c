/** Asks a unix socket once whether a PostgreSQL answers there. */
import pg from 'pg';
import { SUPERUSER } from './postgres-cluster.ts';

const ANSWER_TIMEOUT_MS = 2_000;
/** Part of the socket's name; nothing listens on a port. */
export const PORT = 5432;
/** SQLSTATE of a server that starts, reads its log after a crash, or ends. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * What the owner of a socket says: `ready`; `busy`, when it starts or ends just now; `silent`, when it takes the
 * connection but does not answer (hung, all connections taken, or something else); `absent`, when nobody listens.
 */
export type PostgresAnswer = 'ready' | 'busy' | 'silent' | 'absent';

/** The folder is that of the socket. Never rejects, settles within 2 s. */
export async function pingPostgres(socketFolder: string): Promise<PostgresAnswer> {
  const client = new pg.Client({
    host: socketFolder,
    port: PORT,
    user: SUPERUSER,
    database: SUPERUSER,
    ssl: false,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // `connect` tells
  try {
    await client.connect();
    await client.end();
    return 'ready';
  } catch (error) {
    return answerOf(error);
  }
}

function answerOf(error: unknown): PostgresAnswer {
  const { code, syscall } = reasonOf(error);
  if (code === CANNOT_CONNECT_NOW) return 'busy';
  // EAGAIN: there are too many who wait for an answer. A path that is too long for a socket has its own code.
  return syscall === 'connect' && code !== 'EAGAIN' ? 'absent' : 'silent';
}

function reasonOf(error: unknown): { code?: unknown; syscall?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}

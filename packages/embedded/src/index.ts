/** Private servers for a machine that has none: what `npm start` and the tests use. */
export { ServerNotStarted, ServerUnavailable } from './errors.ts';
export type { PostgresOrigin } from './postgres-program.ts';
export { type EmbeddedPostgres, type StartPostgresOptions, startPrivatePostgres } from './postgres-server.ts';
export type { ServerOrigin } from './redis-program.ts';
export { type EmbeddedRedis, privateRedisUrl, type StartRedisOptions, startRedis } from './redis-server.ts';

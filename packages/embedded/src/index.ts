/** Private servers for a machine that has none: what `npm start` and the tests use. */
export { ServerNotStarted, ServerUnavailable } from './errors.ts';
export type { ServerOrigin } from './redis-program.ts';
export { type EmbeddedRedis, privateRedisUrl, type StartRedisOptions, startRedis } from './redis-server.ts';

/** Puts the search service together from its settings: the database, the libraries in memory, and the routes. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics, Gauge, InvalidSettings, type Logger, type StopStep } from '@tintype/runtime';
import { sql } from 'kysely';
import { trimChanges } from './changes/follow-changes.ts';
import type { SearchSettings } from './config.ts';
import { connectDatabase, type Database, databaseProblem, requireReadable } from './database/connect.ts';
import { migrate } from './database/migrations.ts';
import { limitRoles } from './database/roles.ts';
import { analyticsRoutes } from './feedback/analytics-routes.ts';
import { feedbackRoutes } from './feedback/feedback-routes.ts';
import { createFeedbackStore } from './feedback/feedback-store.ts';
import { createLearnedQueries } from './feedback/learned-queries.ts';
import { createQueryCounts, forgetOldCounts } from './feedback/query-counts.ts';
import { forgetOldSecrets } from './feedback/voters.ts';
import { createServer } from './http/server.ts';
import { itemRoutes } from './items/item-routes.ts';
import { createItemStore } from './items/item-store.ts';
import { openLibraries } from './library/libraries.ts';
import { searchRoutes } from './library/search-routes.ts';

export type Search = { port: number; stopSteps: StopStep[] };

/** How often a database that is away is asked again, and told of. */
const retryMs = 500;
const tellEveryTries = 20;
const trimEveryMs = 3_600_000;

/** Resolves when it listens: the tables are there, and everything can be found. Waits for a database that is away. */
export async function startSearch(settings: SearchSettings, logger: Logger): Promise<Search> {
  const { DATABASE_URL: url, DATABASE_CONNECTIONS: connections, SEARCH_TOKEN: token = null } = settings;
  requireReadable(url);
  const role = await untilThere(() => prepareDatabase(url, logger), logger);
  const db = connectDatabase({ url, connections, logger, role });
  const learned = createLearnedQueries(db);
  const libraries = await openLibraries({ db, url, logger, learned });
  const items = createItemStore(db);
  const metrics = createMetrics();
  new Gauge({
    name: 'tintype_library_items',
    help: 'Items that can be found, of all tenants',
    registers: [metrics],
    collect() {
      this.set(libraries.size());
    },
  });
  const app = createServer({ logger, token, metrics, readiness: () => readinessOf(db) });
  await app.register(itemRoutes, { items, libraries });
  const counts = createQueryCounts(db, logger);
  await app.register(searchRoutes, { items, libraries, learned, counts });
  await app.register(feedbackRoutes, { feedback: createFeedbackStore(db), libraries });
  await app.register(analyticsRoutes, { db, counts });
  const trimming = setInterval(() => void trim(db).catch(() => undefined), trimEveryMs);
  await app.listen({ host: settings.SEARCH_HOST, port: settings.SEARCH_PORT }).catch((err) => {
    throw unusableAddress(err, settings);
  });
  return {
    port: portOf(app.server.address()),
    stopSteps: [
      { name: 'requests', stop: () => app.close() },
      { name: 'trimming', stop: async () => clearInterval(trimming) },
      { name: 'changes', stop: libraries.stop },
      { name: 'counts', stop: counts.stop },
      { name: 'database', stop: () => db.destroy() },
    ],
  };
}

/** What has served its time. */
async function trim(db: Database): Promise<void> {
  await trimChanges(db);
  await forgetOldSecrets(db);
  await forgetOldCounts(db);
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** As the owner: the tables, and who may use them. Resolves with the role to work as. */
async function prepareDatabase(url: string, logger: Logger): Promise<string | null> {
  const owner = connectDatabase({ url, connections: 1, logger, role: null });
  try {
    await migrate(owner);
    return await limitRoles(owner, logger);
  } finally {
    await owner.destroy();
  }
}

async function untilThere<Value>(work: () => Promise<Value>, logger: Logger): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (err) {
      if (err instanceof InvalidSettings || databaseProblem(err) === err) throw err;
      if (tries % tellEveryTries === 0) logger.warn({ err }, 'PostgreSQL is not there yet');
      await sleep(retryMs);
    }
  }
}

async function readinessOf(db: Database): Promise<string | null> {
  return sql`select 1`.execute(db).then(
    () => null,
    () => 'PostgreSQL does not answer',
  );
}

/** A port that is taken, or an address that this machine does not have, is a wrong setting. */
function unusableAddress(err: NodeJS.ErrnoException, { SEARCH_HOST, SEARCH_PORT }: SearchSettings): Error {
  const isSetting = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(err.code ?? '');
  if (!isSetting) return err;
  return new InvalidSettings(
    `SEARCH_HOST=${SEARCH_HOST} SEARCH_PORT=${SEARCH_PORT} cannot be listened on (${err.code}).`,
  );
}

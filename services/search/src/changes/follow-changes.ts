/** Hears of changes of items and of feedback, whichever process makes them, and hands each on in its order, within a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptItem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../database/connect.ts';
import { itemOf } from '../items/item-store.ts';
import { changesChannel } from './note-changes.ts';

/** An item as it is now; null when it is gone. */
export type ItemChange = { tenant: string; id: string; item: KeptItem | null };

/** There are other verdicts on the query of this digest. */
export type FeedbackChange = { tenant: string; queryDigest: string };

export type ChangeFollower = {
  /** Resolves when all that has been committed until now is handed on. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
};

export type FollowOptions = {
  db: Database;
  url: string;
  logger: Logger;
  /** The number of the last change that is known already. */
  since: bigint;
  onChange(change: ItemChange | FeedbackChange): void;
  /** Changes are missing, since this process was away for longer than they are kept: everything is to be read anew. */
  onGap(): Promise<bigint>;
};

/** Whoever hears nothing looks all the same. */
const lookEveryMs = 500;
const reconnectMs = 1000;
const connectTimeoutMs = 2000;
/** Changes that are read at once. */
const batchSize = 500;
/** A change is kept for a day; a process that was away for longer reads everything. */
const keptHours = 24;

/** The number of the last change there is; 0 before the first. */
export async function lastChange(db: Database): Promise<bigint> {
  const { last } = await db
    .selectFrom('changes')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirstOrThrow();
  return BigInt(last ?? 0);
}

export function followChanges(options: FollowOptions): ChangeFollower {
  const { db, logger } = options;
  const stopping = new AbortController();
  let seen = options.since;
  let running: Promise<void> | null = null;
  let isStale = false;

  const readOn = async (): Promise<void> => {
    for (;;) {
      isStale = false;
      const { next, isGap, changes } = await readBatch(db, seen);
      if (isGap) {
        seen = await options.onGap();
        continue;
      }
      for (const change of changes) options.onChange(change);
      seen = next ?? seen;
      if (next !== null || isStale) continue;
      // In the same moment as the last look at the flag: who comes from now on begins anew.
      running = null;
      return;
    }
  };
  /** A run that is under way may have read before what the caller means: it reads once more. */
  const catchUp = (): Promise<void> => {
    isStale = true;
    running ??= readOn().catch((err) => {
      running = null;
      throw err;
    });
    return running;
  };
  const look = () => void catchUp().catch((err) => logger.warn({ err }, 'changes cannot be read'));
  const timer = setInterval(look, lookEveryMs);
  const listening = listen(options, look, stopping.signal);
  return {
    catchUp,
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await listening;
      await running?.catch(() => undefined);
    },
  };
}

/** A connection of its own, which is made anew whenever it breaks. */
async function listen({ url, logger }: FollowOptions, look: () => void, signal: AbortSignal): Promise<void> {
  let stopListening = () => {};
  signal.addEventListener('abort', () => stopListening(), { once: true });
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'tintype-search changes',
    });
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
      stopListening = resolve;
    });
    client.on('error', (err) => logger.warn({ err }, 'the connection that hears of changes broke'));
    client.on('notification', look);
    try {
      await client.connect();
      await client.query(`listen ${changesChannel}`);
      look();
      await ended;
    } catch (err) {
      logger.warn({ err }, 'PostgreSQL cannot be listened to');
    }
    await client.end().catch(() => undefined);
    await sleep(reconnectMs, null, { signal }).catch(() => null);
  }
}

type Batch = { next: bigint | null; isGap: boolean; changes: (ItemChange | FeedbackChange)[] };

/** The items and queries of the next changes, each once, the items as they are now. */
async function readBatch(db: Database, after: bigint): Promise<Batch> {
  const rows = await db
    .selectFrom('changes')
    .select(['seq', 'tenant', 'item', 'query_key'])
    .where('seq', '>', String(after))
    .orderBy('seq')
    .limit(batchSize)
    .execute();
  const [first, last] = [rows.at(0), rows.at(-1)];
  if (!first || !last) return { next: null, isGap: false, changes: [] };
  const changes: Batch['changes'] = queriesIn(rows);
  for (const [tenant, ids] of idsByTenant(rows)) {
    const found = await db
      .selectFrom('items')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', 'in', [...ids])
      .execute();
    const items = new Map(found.map((row) => [row.id, itemOf(row)]));
    for (const id of ids) changes.push({ tenant, id, item: items.get(id) ?? null });
  }
  // A number that was drawn for nothing looks the same, and costs one more look at everything.
  return { next: BigInt(last.seq), isGap: BigInt(first.seq) > after + 1n && (await isTrimmed(db, after)), changes };
}

type Noted = { tenant: string; item: string | null; query_key: string | null };

function queriesIn(rows: readonly Noted[]): FeedbackChange[] {
  const changes = rows.flatMap(({ tenant, query_key }): [string, FeedbackChange][] =>
    query_key === null ? [] : [[`${tenant}\n${query_key}`, { tenant, queryDigest: query_key }]],
  );
  return [...new Map(changes).values()];
}

function idsByTenant(rows: readonly Noted[]): Map<string, Set<string>> {
  const byTenant = new Map<string, Set<string>>();
  for (const { tenant, item } of rows) {
    if (item === null) continue;
    const ids = byTenant.get(tenant) ?? new Set<string>();
    byTenant.set(tenant, ids.add(item));
  }
  return byTenant;
}

async function isTrimmed(db: Database, after: bigint): Promise<boolean> {
  const { first } = await db
    .selectFrom('changes')
    .select(({ fn }) => fn.min('seq').as('first'))
    .executeTakeFirstOrThrow();
  return first === null || BigInt(first) > after + 1n;
}

/** Forgets changes that every living process has read; the last one stays, from which the next process goes on. */
export async function trimChanges(db: Database): Promise<void> {
  await sql`
    delete from changes
    where at < now() - make_interval(hours => ${keptHours}) and seq < (select max(seq) from changes)`.execute(db);
}

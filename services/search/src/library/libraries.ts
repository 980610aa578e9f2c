/** The libraries of all tenants as they are searched: in memory, read from PostgreSQL at the start and kept up with it. */
import { oklabFromRgb, rgbFromHex } from '@tintype/colour';
import type { KeptItem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';
import { type ChangeFollower, type FollowOptions, followChanges, lastChange } from '../changes/follow-changes.ts';
import type { Database } from '../database/connect.ts';
import type { LearnedQueries } from '../feedback/learned-queries.ts';
import { itemOf } from '../items/item-store.ts';
import type { RankedItem } from '../ranking/analysis.ts';
import { createRanking, type Ranking } from '../ranking/ranking.ts';

export type Libraries = {
  /** Null for a tenant without items. */
  of(tenant: string): Ranking | null;
  /** Items that can be found, of all tenants. */
  size(): number;
  /** Resolves when everything that was committed until now can be found. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
};

export type LibrariesOptions = {
  db: Database;
  url: string;
  logger: Logger;
  /** Told what it must learn anew. */
  learned: Omit<LearnedQueries, 'of'>;
};

/** Items that are read at once. */
const pageSize = 1000;

/** Resolves once everything that is ready can be found. */
export async function openLibraries({ db, url, logger, learned }: LibrariesOptions): Promise<Libraries> {
  let rankings = new Map<string, Ranking>();
  const load = async (): Promise<bigint> => {
    // Before the items: what changes meanwhile is read once more.
    const since = await lastChange(db);
    const loaded = new Map<string, Ranking>();
    for await (const { tenant, item } of allReady(db)) put(loaded, tenant, item);
    rankings = loaded;
    learned.forgetAll();
    return since;
  };
  const onChange: FollowOptions['onChange'] = (change) => {
    if ('queryDigest' in change) return learned.forget(change.tenant, change.queryDigest);
    const { tenant, id, item } = change;
    learned.forgetTenant(tenant);
    if (item?.status === 'ready') put(rankings, tenant, item);
    else remove(rankings, tenant, id);
  };
  const since = await load();
  const follower: ChangeFollower = followChanges({ db, url, logger, since, onChange, onGap: load });
  return {
    of: (tenant) => rankings.get(tenant) ?? null,
    size: () => [...rankings.values()].reduce((sum, ranking) => sum + ranking.size, 0),
    catchUp: follower.catchUp,
    stop: follower.stop,
  };
}

function put(rankings: Map<string, Ranking>, tenant: string, item: KeptItem): void {
  const ranking = rankings.get(tenant) ?? createRanking();
  rankings.set(tenant, ranking);
  ranking.put(rankedItemOf(item));
}

/** A tenant whose last item is gone takes no memory. */
function remove(rankings: Map<string, Ranking>, tenant: string, id: string): void {
  const ranking = rankings.get(tenant);
  ranking?.remove(id);
  if (ranking?.size === 0) rankings.delete(tenant);
}

/** An item as the ranking knows it. */
export function rankedItemOf({ id, name, caption, tags, fileName, made }: KeptItem): RankedItem {
  const colours = (made?.palette ?? []).map(({ hex, share, name: colourName }) => ({
    lab: oklabFromRgb(rgbFromHex(hex)),
    share,
    name: colourName,
  }));
  return { id, name, caption, tags, fileName, colours };
}

async function* allReady(db: Database): AsyncGenerator<{ tenant: string; item: KeptItem }, void> {
  let after: { tenant: string; id: string } | null = null;
  for (;;) {
    let query = db.selectFrom('items').selectAll().where('status', '=', 'ready');
    if (after !== null) {
      const { tenant, id } = after;
      query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('tenant', 'id'), '>', tuple(tenant, id)));
    }
    const rows = await query.orderBy('tenant').orderBy('id').limit(pageSize).execute();
    for (const row of rows) yield { tenant: row.tenant, item: itemOf(row) };
    const last = rows.at(-1);
    if (rows.length < pageSize || !last) return;
    after = { tenant: last.tenant, id: last.id };
  }
}

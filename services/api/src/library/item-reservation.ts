/** Takes an item's place in the library before its job is made, so that a name is told to be taken at once. */
import { type ItemWords, type KeptItem, Problem, thumbnailIdTimeMs } from '@tintype/contracts';
import type { JobReader } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { NewThumbnail } from '../thumbnails/job-preparation.ts';
import { fileNameIn, nameFor } from './item-names.ts';
import type { SearchClient } from './search-client.ts';

export type ReservationOptions = {
  search: Pick<SearchClient, 'run' | 'items'>;
  jobs: JobReader;
  withDeadline: WithDeadline;
  /** The time of Redis. */
  nowMs: () => number;
};

/** An item whose job is still unknown then never got one: its request was broken off. */
const abandonedAfterMs = 60_000;
/** Nobody wants its name, but somebody sees it: by then the longest batch has its jobs. */
const unseenAfterMs = 3_600_000;

/** Every method throws Problems only; `search_unavailable` where the search service is away. */
export function createReservation({ search, jobs, withDeadline, nowMs }: ReservationOptions) {
  /** Takes the name from an item that was reserved by a request which never made its job. */
  const freeName = async (tenant: string, name: string): Promise<boolean> => {
    const [holder] = await search.items({ tenant, name });
    if (!holder) return true;
    const isYoung = nowMs() - Date.parse(holder.createdAt) < abandonedAfterMs;
    return !isYoung && removeAbandoned(holder, tenant);
  };

  /** Whether it was one that waits for a job which never was; then it is gone. */
  const removeAbandoned = async ({ id, status, revision }: KeptItem, tenant: string): Promise<boolean> => {
    if (status !== 'pending' || (await withDeadline(() => jobs.read(id))).kind !== 'unknown') return false;
    await search.run({ do: 'remove', tenant, id, revision }).catch((err) => {
      // Somebody else has seen it too.
      if (!(err instanceof Problem) || err.code !== 'not_found') throw err;
    });
    return true;
  };

  const add = async (id: string, tenant: string, name: string, words: ItemWords, fileName: string | null) => {
    const { caption = '', tags = [] } = words;
    const adding = () => search.run({ do: 'add', tenant, id, name, caption, tags, fileName });
    return adding().catch(async (err) => {
      if (!(err instanceof Problem) || err.code !== 'conflict' || !(await freeName(tenant, name))) throw err;
      return adding();
    });
  };

  return {
    /** Before the job: its name is taken from here on. Throws `conflict` for a name that another item has. */
    async reserve({ id, source, caller: { tenant } }: NewThumbnail, words: ItemWords): Promise<void> {
      const fileName = 'url' in source ? fileNameIn(source.url) : null;
      const { name } = words;
      if (name !== undefined) {
        await add(id, tenant, name, words, fileName);
        return;
      }
      await add(id, tenant, nameFor(fileName, null, id), words, fileName).catch((err) => {
        if (!(err instanceof Problem) || err.code !== 'conflict') throw err;
        return add(id, tenant, nameFor(fileName, id, id), words, fileName);
      });
    },

    /** Those of a tenant's items that have a job, or may get one still; the others are removed. */
    async withoutAbandoned(items: readonly KeptItem[], tenant: string): Promise<KeptItem[]> {
      const isGone = await Promise.all(
        items.map(async (item) => {
          const isOld = nowMs() - thumbnailIdTimeMs(item.id) > unseenAfterMs;
          return isOld && removeAbandoned(item, tenant);
        }),
      );
      return items.filter((_item, at) => !isGone[at]);
    },

    /** After a job that was refused. Should it fail, the item goes when somebody wants its name, or sees it. */
    async forget(id: string, tenant: string): Promise<void> {
      await search.run({ do: 'remove', tenant, id }).catch(() => undefined);
    },
  };
}

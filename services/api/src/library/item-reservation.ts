/** Takes an item's place in the library before its job is made, so that a name is told to be taken at once. */
import { type ItemWords, Problem } from '@tintype/contracts';
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

/** Every method throws Problems only; `search_unavailable` where the search service is away. */
export function createReservation({ search, jobs, withDeadline, nowMs }: ReservationOptions) {
  /** Takes the name from an item that was reserved by a request which never made its job. */
  const freeName = async (tenant: string, name: string): Promise<boolean> => {
    const [holder] = await search.items({ tenant, name });
    if (!holder) return true;
    const isYoung = nowMs() - Date.parse(holder.createdAt) < abandonedAfterMs;
    if (holder.status !== 'pending' || isYoung) return false;
    if ((await withDeadline(() => jobs.read(holder.id))).kind !== 'unknown') return false;
    await search.run({ do: 'remove', tenant, id: holder.id, revision: holder.revision });
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

    /** After a job that was refused. Should it fail, the name is free again when somebody asks for it. */
    async forget(id: string, tenant: string): Promise<void> {
      await search.run({ do: 'remove', tenant, id }).catch(() => undefined);
    },
  };
}

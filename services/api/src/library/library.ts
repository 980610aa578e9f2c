/** What can be done with the library: keep pictures in it, read and change their words, search it. */
import {
  type FoundItems,
  type ItemPatch,
  isThumbnailId,
  type KeptItem,
  libraryLimits,
  Problem,
  type SearchOrder,
} from '@tintype/contracts';
import type { ItemEnds } from './item-ends.ts';
import { createReservation, type ReservationOptions } from './item-reservation.ts';
import type { SearchClient } from './search-client.ts';

export type LibraryOptions = ReservationOptions & { search: SearchClient; ends: ItemEnds };

/** `nextBefore`: where the next page goes on; null on the last one. */
export type ItemPage = { items: KeptItem[]; nextBefore: string | null };

export type Library = ReturnType<typeof createLibrary>;

/** Every method throws Problems only; `search_unavailable` where the search service is needed and away. */
export function createLibrary(options: LibraryOptions) {
  const { search, ends, withDeadline } = options;
  const reservation = createReservation(options);
  const read = async (id: string, tenant: string | null): Promise<KeptItem> => {
    const items = await search.items({ ...(tenant !== null && { tenant }), id: [known(id)] });
    const [item] = tenant === null ? items : await reservation.withoutAbandoned(items, tenant);
    if (!item) throw unknownItem();
    return item;
  };

  return {
    ...reservation,

    read,

    /** As soon as its job has ended, which has been waited for. */
    async readEnded(id: string, tenant: string): Promise<KeptItem> {
      await ends.tell(id);
      return read(id, tenant);
    },

    /** A page, the newest first. */
    async list(tenant: string, limit: number = libraryLimits.listed.usual, before?: string): Promise<ItemPage> {
      const items = await search.items({ tenant, limit, ...(before !== undefined && { before }) });
      const last = items.length === limit ? items.at(-1) : undefined;
      return { items: await reservation.withoutAbandoned(items, tenant), nextBefore: last?.id ?? null };
    },

    /** The one item of this name, if there is one. */
    async named(tenant: string, name: string): Promise<ItemPage> {
      const items = await reservation.withoutAbandoned(await search.items({ tenant, name }), tenant);
      return { items, nextBefore: null };
    },

    /** Throws `precondition_failed` when it is at another revision. */
    change: async (id: string, tenant: string, patch: ItemPatch, revision: number | null): Promise<KeptItem> =>
      search.run({ do: 'change', tenant, id: known(id), ...patch, ...(revision !== null && { revision }) }),

    /** Its files go with it, unless its job needs them still. */
    async remove(id: string, tenant: string, revision: number | null): Promise<void> {
      await read(id, tenant);
      await withDeadline(() => ends.lookAgain(id));
      await search.run({ do: 'remove', tenant, id, ...(revision !== null && { revision }) });
      await withDeadline(() => ends.releaseFiles(id));
    },

    find: (order: Extract<SearchOrder, { find: 'items' }>): Promise<FoundItems> => search.find(order),

    /** Throws `not_found` for an item that is not there, or not made. */
    findSimilar: async (order: Extract<SearchOrder, { find: 'similar' }>): Promise<FoundItems> =>
      search.find({ ...order, id: known(order.id) }),

    complete: (tenant: string, prefix: string, limit: number): Promise<string[]> =>
      search.complete({ find: 'completions', tenant, prefix, limit }),
  };
}

/** Throws `not_found` for what no item's id looks like: nobody need be asked. */
function known(id: string): string {
  if (isThumbnailId(id)) return id;
  throw unknownItem();
}

function unknownItem(): Problem {
  return new Problem('not_found', { detail: 'There is no item with this id in the library.' });
}

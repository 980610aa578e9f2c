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

export type Library = ReturnType<typeof createLibrary>;

/** Every method throws Problems only; `search_unavailable` where the search service is needed and away. */
export function createLibrary(options: LibraryOptions) {
  const { search, ends, withDeadline } = options;
  const read = async (id: string, tenant: string | null): Promise<KeptItem> => {
    const [item] = await search.items({ ...(tenant !== null && { tenant }), id: [known(id)] });
    if (!item) throw unknownItem();
    return item;
  };

  return {
    ...createReservation(options),

    read,

    /** As soon as its job has ended, which has been waited for. */
    async readEnded(id: string, tenant: string): Promise<KeptItem> {
      await ends.tell(id);
      return read(id, tenant);
    },

    /** A page, the newest first. */
    async list(tenant: string, limit: number = libraryLimits.listed.usual, before?: string): Promise<KeptItem[]> {
      return search.items({ tenant, limit, ...(before !== undefined && { before }) });
    },

    /** The one item of this name, if there is one. */
    named: (tenant: string, name: string): Promise<KeptItem[]> => search.items({ tenant, name }),

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

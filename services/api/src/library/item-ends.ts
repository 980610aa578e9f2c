/** Ends of jobs whose pictures are items of the library: told to the search service, however long it was away. */
import { type ItemMade, Problem, type ThumbnailJobResult } from '@tintype/contracts';
import type { ItemBlobs, JobLookup, JobReader, JobRecord, Outbox } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { BlobStore } from '@tintype/storage';
import type { SearchClient } from './search-client.ts';

export type ItemEndsOptions = {
  search: Pick<SearchClient, 'run' | 'items'>;
  jobs: JobReader;
  outbox: Outbox;
  itemBlobs: ItemBlobs;
  blobs: Pick<BlobStore, 'erase'>;
  withDeadline: WithDeadline;
};

export type ItemEnds = {
  /** Looks at the item's job, and tells what has come of it. An item that is gone needs its files no more. */
  tell(id: string): Promise<void>;
  /** Deals with all that is due; what cannot be told now comes back. */
  tellDue(): Promise<void>;
  /** Who is about to remove an item may die in the middle of it. */
  lookAgain(id: string): Promise<void>;
  /** Its files are needed no more. */
  releaseFiles(id: string): Promise<void>;
};

const batchSize = 20;
/** Who has taken an entry and not dealt with it by then has died, or the search service is away. */
const leaseMs = 10_000;
const lookAgainMs = 60_000;

/** Throws Problems only. */
export function createItemEnds(options: ItemEndsOptions): ItemEnds {
  const { search, jobs, outbox, itemBlobs, blobs, withDeadline } = options;
  const releaseFiles = (id: string) => itemBlobs.release(id, blobs.erase);

  const tell = async (id: string): Promise<void> => {
    const [item] = await search.items({ id: [id] });
    if (!item) return releaseFiles(id);
    const found = await withDeadline(() => jobs.read(id));
    const tenant = tenantOf(found);
    if (tenant === null || isOpen(found)) return;
    const made = found.kind === 'record' ? madeOf(found.record.result) : null;
    // Before it is told: what can be found has its files for good.
    for (const file of made ? [made.source, ...made.files] : []) {
      await withDeadline(() => itemBlobs.retain(id, tenant, file));
    }
    const problem = made === null ? problemOf(found).toRecord() : null;
    await search.run({ do: 'end', tenant, id, made, problem }).catch(async (err) => {
      if (!(err instanceof Problem) || err.code !== 'not_found') throw err;
      await releaseFiles(id);
    });
  };
  return {
    tell,
    releaseFiles,
    lookAgain: (id) => outbox.remind(id, lookAgainMs),
    async tellDue() {
      for (;;) {
        const due = await withDeadline(() => outbox.take(batchSize, leaseMs));
        for (const entry of due) {
          await tell(entry.id);
          await withDeadline(() => outbox.done(entry));
        }
        if (due.length < batchSize) return;
      }
    },
  };
}

function tenantOf(found: JobLookup): string | null {
  if (found.kind === 'record') return found.record.data.tenant;
  if (found.kind === 'gone') return found.tenant;
  return found.kind === 'unreadable' ? (found.envelope?.tenant ?? null) : null;
}

/** A retry has begun since, whose end will be told. */
function isOpen(found: JobLookup): boolean {
  return found.kind === 'record' && (found.record.status === 'queued' || found.record.status === 'processing');
}

/** What the library keeps of a job that has completed; null of another. */
function madeOf(result: JobRecord['result']): ItemMade | null {
  if (result === null) return null;
  const { sha256, bytes, width, height, format } = result.source;
  return {
    source: { sha256, bytes, width, height, format },
    files: result.renditions.map(fileOf),
    palette: result.colours.palette.map(({ hex, share, name }) => ({ hex, share, name })),
  };
}

function fileOf({ name, width, height, format, bytes, sha256 }: ThumbnailJobResult['renditions'][number]) {
  return { name, width, height, format, bytes, sha256 };
}

function problemOf(found: JobLookup): Problem {
  if (found.kind === 'record') return found.record.problem ?? new Problem('cancelled');
  if (found.kind === 'unreadable') return new Problem('unreadable_record', { cause: found.reason });
  return new Problem('expired', {
    detail: 'The job of this item was deleted, or has expired, before its picture was made.',
  });
}

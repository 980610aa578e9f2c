/** What has come of each file so far. */
import type { LibraryItem } from '@tintype/contracts';
import type { SentFile } from './journal.ts';
import type { Failure } from './refusals.ts';

export type FailedFile = Failure & { file: string; name: string | null; id: string | null };
export type SkippedFile = Failure & { file: string };

export type Counts = {
  /** Files that were looked at, or will be. */
  found: number;
  /** Their items can be found. */
  done: number;
  /** Of those, the ones that were there before this run. */
  already: number;
  /** Sent, and their pictures are not made yet, or nobody has looked. */
  pending: number;
  failed: number;
  /** No pictures, and nobody had said that they are. */
  skipped: number;
  /** The run has ended before. */
  not_sent: number;
};

export type Tally = ReturnType<typeof createTally>;

/** `onLost` is told of a file whose item is not there or no good. */
export function createTally(found: number, onLost: (path: string) => void = () => undefined) {
  const pending = new Map<string, SentFile>();
  const sentBefore = new Set<string>();
  const failed: FailedFile[] = [];
  const skipped: SkippedFile[] = [];
  let [done, already] = [0, 0];

  const fail = (file: string, failure: Failure, name: string | null = null, id: string | null = null): void => {
    failed.push({ file, name, id, ...failure });
    onLost(file);
  };
  return {
    /** By the ids of their items. */
    pending: pending as ReadonlyMap<string, SentFile>,
    failed: failed as readonly FailedFile[],
    skipped: skipped as readonly SkippedFile[],
    fail,
    skip(file: string, failure: Failure): void {
      skipped.push({ file, ...failure });
    },
    /** To be settled once its picture is made; `wasThere` before this run. */
    await(sent: SentFile, wasThere = false): void {
      pending.set(sent.id, sent);
      if (wasThere) sentBefore.add(sent.id);
    },
    /** Says what its item has come to. One that is not made yet goes on being pending. */
    settle(sent: SentFile, item: LibraryItem | null, wasThere = false): void {
      if (item?.status === 'pending') return;
      pending.delete(sent.id);
      const failure = failureIn(sent, item);
      if (failure !== null) {
        fail(sent.path, failure, sent.name, sent.id);
        return;
      }
      done += 1;
      if (wasThere || sentBefore.has(sent.id)) already += 1;
    },
    counts(): Counts {
      const handled = done + pending.size + failed.length + skipped.length;
      return {
        found,
        done,
        already,
        pending: pending.size,
        failed: failed.length,
        skipped: skipped.length,
        not_sent: Math.max(0, found - handled),
      };
    },
  };
}

function failureIn({ sha256 }: SentFile, item: LibraryItem | null): Failure | null {
  if (item === null) return { code: 'not_found', detail: 'Its item is not there any more: somebody has deleted it.' };
  if (item.error !== null) return { code: item.error.code, detail: item.error.detail };
  if (item.source?.sha256 === sha256) return null;
  return { code: 'conflict', detail: 'Another picture has this name.' };
}

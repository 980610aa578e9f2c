/** The shared downloads that jobs of this worker lead, and whom to wake when such a job ends. */
import type { ThumbnailJobData, ThumbnailJobResult } from '@tintype/contracts';
import { WaitingForLeader } from '../job-exits.ts';
import { fingerprint } from './fingerprint.ts';
import type { DownloadMember, SharedDownloads } from './shared-downloads.ts';

export type LedDownloads = {
  /**
   * Null when the job shall do the work itself, the result when another one has done it meanwhile. Throws
   * `WaitingForLeader` when another one is at it: then the job is not this worker's any more. Throws the problem of
   * those who tried before.
   */
  join(data: ThumbnailJobData, member: DownloadMember, takeOver: boolean): Promise<ThumbnailJobResult | null>;
  /** Somebody waits for the leader of this download. */
  followed(download: string): void;
  /** The job has ended, and its lock is gone: all who waited share its success, after a failure one of them tries. */
  ended(id: string, succeeded: boolean): void;
  /** The job has been put aside. Who waits for it goes on waiting: it comes back. */
  putAside(id: string): void;
};

export function createLedDownloads(downloads: SharedDownloads, onError: (err: unknown) => void): LedDownloads {
  const downloadOfJob = new Map<string, string>();
  const isFollowed = new Map<string, boolean>();
  /** What was heard of downloads that this worker did not lead yet, and which it led until a moment ago. */
  const heardEarly = createRecently();
  const endedLately = createRecently();
  const wake = (download: string, who: 'all' | 'one') => void downloads.wake(download, who).catch(onError);
  return {
    async join(data, member, takeOver) {
      const download = downloadOf(data);
      if (download === null) return null;
      const joined = await downloads.join(download, member, takeOver);
      if (joined.role === 'follower') throw new WaitingForLeader();
      if (joined.role === 'done') return joined.result;
      if (joined.role === 'shared failure') {
        wake(download, 'all');
        throw joined.problem;
      }
      downloadOfJob.set(member.id, download);
      isFollowed.set(download, joined.isFollowed || heardEarly.has(download));
      return null;
    },
    followed(download) {
      if (isFollowed.has(download)) isFollowed.set(download, true);
      else if (endedLately.has(download)) wake(download, 'all');
      else heardEarly.add(download);
    },
    ended(id, succeeded) {
      const download = downloadOfJob.get(id);
      if (download === undefined) return;
      downloadOfJob.delete(id);
      if (isFollowed.get(download)) wake(download, succeeded ? 'all' : 'one');
      isFollowed.delete(download);
      endedLately.add(download);
    },
    putAside(id) {
      const download = downloadOfJob.get(id);
      downloadOfJob.delete(id);
      if (download !== undefined) isFollowed.delete(download);
    },
  };
}

/** Messages are under way for no longer than this. */
const recentlyMs = 5000;

/** Names that were added lately. */
function createRecently() {
  const addedAtMs = new Map<string, number>();
  const isRecent = (atMs: number) => atMs > performance.now() - recentlyMs;
  return {
    add(name: string): void {
      for (const [old, atMs] of addedAtMs) {
        if (isRecent(atMs)) break; // they are in the order in which they came
        addedAtMs.delete(old);
      }
      addedAtMs.delete(name);
      addedAtMs.set(name, performance.now());
    },
    has: (name: string) => isRecent(addedAtMs.get(name) ?? Number.NEGATIVE_INFINITY),
  };
}

/**
 * A name for everything that makes two downloads the same: tenant, URL and order. Null of an upload, which is not
 * downloaded.
 */
function downloadOf({ tenant, source, order }: ThumbnailJobData): string | null {
  if (!('url' in source)) return null;
  return fingerprint('download', tenant, source.fetchUrl ?? source.url, order);
}

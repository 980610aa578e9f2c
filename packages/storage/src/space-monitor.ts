/** How much room the storage has, looked at once a second by each process that needs to know. */
import type { BlobStore, FreeSpace } from './blob-store.ts';

export type SpaceMonitor = {
  /** The last look; null when there was none in the last seconds, and where the storage has no end. */
  sample(): FreeSpace | null;
  stop(): void;
};

const intervalMs = 1000;
/** A sample says nothing any more after this time. */
const sampleLifeMs = 5000;

/** Looks at once, and then every second. */
export function startSpaceMonitor({ freeSpace }: Pick<BlobStore, 'freeSpace'>): SpaceMonitor {
  let last: { space: FreeSpace; atMs: number } | null = null;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const space = await freeSpace();
      if (space !== null) last = { space, atMs: performance.now() };
    } catch {
      // Whoever writes notices by itself that the storage is away.
    } finally {
      looking = false;
    }
  };
  void look();
  const timer = setInterval(look, intervalMs);
  timer.unref();
  return {
    sample: () => (last !== null && performance.now() - last.atMs < sampleLifeMs ? last.space : null),
    stop: () => clearInterval(timer),
  };
}

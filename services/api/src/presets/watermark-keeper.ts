/** Puts watermarks where workers find them, under the name of their bytes, and keeps them there as long as jobs may need them. */
import type { ThumbnailJobData } from '@tintype/contracts';
import type { BlobPins } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { BlobStore } from '@tintype/storage';
import { storing } from '../http/storing.ts';
import type { WatermarkFiles } from './watermark-files.ts';

export type WatermarkKeeper = {
  names: WatermarkFiles['names'];
  /**
   * Call it before the job is queued; null where there is nothing to wait for, which is nearly always. Throws
   * `dependency_unavailable`.
   */
  keep(job: Pick<ThumbnailJobData, 'order' | 'expiresAtMs'>): Promise<void> | null;
};

export type WatermarkKeeperOptions = {
  files: WatermarkFiles;
  pins: Pick<BlobPins, 'pin'>;
  blobs: Pick<BlobStore, 'size' | 'put'>;
  withDeadline: WithDeadline;
  nowMs: () => number;
};

/** Kept for longer than the job that asks, so that the next jobs need not ask again. */
const spareMs = 24 * 3_600_000;
/** Whether it is still there is looked at so often: a storage may have been emptied. */
const lookMs = 600_000;

type Kept = { untilMs: number; lookedAtMs: number };

export function createWatermarkKeeper({
  files,
  pins,
  blobs,
  withDeadline,
  nowMs,
}: WatermarkKeeperOptions): WatermarkKeeper {
  const kept = new Map<string, Kept>();
  const isKept = (sha256: string, untilMs: number) => {
    const known = kept.get(sha256);
    return known !== undefined && known.untilMs >= untilMs && nowMs() - known.lookedAtMs < lookMs;
  };
  /** Pinned first, looked for then: what is there after that stays. */
  const keepOne = async (sha256: string, jobUntilMs: number): Promise<void> => {
    const bytes = files.bytesOf(sha256);
    if (!bytes) throw new Error('a job names a watermark that is not in the file of presets');
    const known = { untilMs: jobUntilMs + spareMs, lookedAtMs: nowMs() };
    await withDeadline(() => pins.pin(sha256, known.untilMs));
    await storing(async () => {
      if ((await blobs.size(sha256)) === null) await blobs.put(sha256, bytes);
    });
    kept.set(sha256, known);
  };
  return {
    names: files.names,
    keep({ order, expiresAtMs }) {
      const missing = order.renditions.flatMap(({ watermark }) =>
        watermark && !isKept(watermark.sha256, expiresAtMs) ? [watermark.sha256] : [],
      );
      if (missing.length === 0) return null;
      return Promise.all([...new Set(missing)].map((sha256) => keepOne(sha256, expiresAtMs))).then(() => undefined);
    },
  };
}

/** How much a tenant may keep: as the settings say, or a part of what there is. */
import type { QueueMonitor, Quotas } from '@tintype/jobs';
import type { SpaceMonitor } from '@tintype/storage';

/** `off` or a number, as text; undefined where nothing was said. */
export type QuotaSettings = {
  QUOTA_JOBS?: string;
  QUOTA_REDIS_BYTES?: string;
  QUOTA_DISK_BYTES?: string;
  AUTH: 'off' | 'required';
};

/** What a tenant may keep where tenants are told apart and nothing was said. */
export const usualQuotas = { jobs: 1_000_000, redisShare: 1 / 8, diskShare: 1 / 4 } as const;

/**
 * The quotas now: a part of Redis' memory or of the disk is none while the size of the whole is not known, or has no end.
 */
export function createQuotas(
  settings: QuotaSettings,
  monitor: Pick<QueueMonitor, 'sample'>,
  space: Pick<SpaceMonitor, 'sample'>,
): () => Quotas {
  const isUsual = settings.AUTH === 'required';
  const said = (setting: string | undefined, usual: () => number | null): (() => number | null) => {
    if (setting === undefined) return isUsual ? usual : () => null;
    const quota = setting === 'off' ? null : Number(setting);
    return () => quota;
  };
  const jobs = said(settings.QUOTA_JOBS, () => usualQuotas.jobs);
  const redisBytes = said(
    settings.QUOTA_REDIS_BYTES,
    partOf(usualQuotas.redisShare, () => monitor.sample()?.memoryLimitBytes ?? null),
  );
  const diskBytes = said(
    settings.QUOTA_DISK_BYTES,
    partOf(usualQuotas.diskShare, () => space.sample()?.totalBytes ?? null),
  );
  return () => ({ jobs: jobs(), redisBytes: redisBytes(), diskBytes: diskBytes() });
}

/** A part of the whole; while that cannot be looked at, of what it was. */
function partOf(share: number, lookAtWhole: () => number | null): () => number | null {
  let whole: number | null = null;
  return () => {
    whole = lookAtWhole() ?? whole;
    return whole === null ? null : Math.floor(whole * share);
  };
}

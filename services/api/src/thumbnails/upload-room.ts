/** How large an upload may be: as any, and not larger than what its tenant may still keep. */
import { Problem } from '@tintype/contracts';
import { type Quotas, quotaExceeded, type ReadUsage, type Usage } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';

export type UploadRoomOptions = {
  quotas: () => Quotas;
  readUsage: ReadUsage;
  withDeadline: WithDeadline;
  uploadMaxBytes: number;
};

/** Who uploads; `mayRepeat`: the request has an Idempotency-Key, and perhaps was answered before. */
export type Uploader = {
  tenant: string;
  mayRepeat: boolean;
  /** Of other files of the same request, which are not counted yet. */
  bytesBefore: number;
};

export type UploadRoom = {
  /** Most bytes that may come in. */
  maxBytes: number;
  /** What to throw instead of what the reception has thrown. */
  problemOf(err: unknown): unknown;
};

/**
 * Throws `quota_exceeded` before the first byte when something is used up. A request that may be a repeat is read to its
 * end first, for only its bytes tell what it repeats; the counter itself (packages/jobs) refuses it then.
 */
export function createUploadRoom({ quotas, readUsage, withDeadline, uploadMaxBytes }: UploadRoomOptions) {
  const unlimited: UploadRoom = { maxBytes: uploadMaxBytes, problemOf: (err) => err };
  return async ({ tenant, mayRepeat, bytesBefore }: Uploader): Promise<UploadRoom> => {
    const quota = quotas();
    if (mayRepeat || Object.values(quota).every((one) => one === null)) return unlimited;
    const kept = await withDeadline(() => readUsage(tenant));
    const usage = { ...kept, diskBytes: kept.diskBytes + bytesBefore };
    requireSomeLeft(quota, usage);
    const { diskBytes } = quota;
    if (diskBytes === null || diskBytes - usage.diskBytes >= uploadMaxBytes) return unlimited;
    return {
      maxBytes: diskBytes - usage.diskBytes,
      problemOf: (err) =>
        err instanceof Problem && err.code === 'payload_too_large'
          ? quotaExceeded('diskBytes', usage.diskBytes, diskBytes)
          : err,
    };
  };
}

function requireSomeLeft(quota: Quotas, usage: Usage): void {
  for (const what of ['jobs', 'redisBytes', 'diskBytes'] as const) {
    const allowed = quota[what];
    if (allowed !== null && usage[what] >= allowed) throw quotaExceeded(what, usage[what], allowed);
  }
}

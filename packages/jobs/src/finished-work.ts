/** Remembers which job did which work, so that the same bytes with the same options are worked on once per tenant. */
import { createHash } from 'node:crypto';
import type { RenditionOptions } from '@tintype/contracts';
import { keysOf, type RedisConnection } from '@tintype/redis';

/** What makes two pieces of work equal. */
export type Work = {
  tenant: string;
  sourceSha256: string;
  options: RenditionOptions;
  /** Version of the algorithms: a new one must not answer with old results. */
  version: string;
};

export type FinishedWork = {
  /** The id of a job that has done this work; its record may be gone by now. */
  find(work: Work): Promise<string | null>;
  remember(work: Work, id: string, expiresAtMs: number): Promise<void>;
};

/** The index holds ids only; the result itself is in that job's record. */
export function createFinishedWork(redis: RedisConnection, shard = 0): FinishedWork {
  const keys = keysOf(shard);
  return {
    find: (work) => redis.get(keys.work(fingerprint(work))),
    async remember(work, id, expiresAtMs) {
      await redis.set(keys.work(fingerprint(work)), id, 'PXAT', expiresAtMs);
    },
  };
}

function fingerprint({ tenant, sourceSha256, options, version }: Work): string {
  const { width, height, fit, format, quality, background, colours } = options;
  const parts = [
    version,
    tenant,
    sourceSha256,
    width,
    height,
    fit,
    format,
    quality ?? '',
    background ?? '',
    colours ?? '',
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32);
}

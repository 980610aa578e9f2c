/** Remembers which job did which work, so that the same bytes are worked on once per tenant. */
import { createHash } from 'node:crypto';
import type { RenditionOptions } from '@tintype/contracts';
import { keysOf, type RedisConnection } from '@tintype/redis';

/** What makes two pieces of work equal. */
export type Work = {
  tenant: string;
  sourceSha256: string;
  options: RenditionOptions;
  /** Versions of the algorithms: a new one must not answer with old results. */
  versions: { render: number; colours: number };
};

/** Ids of jobs that have done the same; their records may be gone by now. */
export type EarlierWork = {
  /** Thumbnail and colours, with equal options. */
  same: string | null;
  /** The colours of the same bytes, whatever the size of the thumbnail. */
  sameColours: string | null;
};

export type FinishedWork = {
  find(work: Work): Promise<EarlierWork>;
  /** `coloursOnly`: the job made no thumbnail. */
  remember(work: Work, id: string, expiresAtMs: number, coloursOnly: boolean): Promise<void>;
};

/** The index holds ids only; the result itself is in that job's record. */
export function createFinishedWork(redis: RedisConnection, shard = 0): FinishedWork {
  const keys = keysOf(shard);
  return {
    async find(work) {
      const [same = null, sameColours = null] = await redis.mget(
        keys.work(workFingerprint(work)),
        keys.work(coloursFingerprint(work)),
      );
      return { same, sameColours };
    },
    async remember(work, id, expiresAtMs, coloursOnly) {
      const prints = [coloursFingerprint(work), ...(coloursOnly ? [] : [workFingerprint(work)])];
      await Promise.all(prints.map((print) => redis.set(keys.work(print), id, 'PXAT', expiresAtMs)));
    },
  };
}

function workFingerprint(work: Work): string {
  const { width, height, fit, format, quality, background } = work.options;
  const rendition = [width, height, fit, format, quality ?? '', background ?? ''];
  return fingerprint('work', work.versions.render, ...rendition, ...coloursParts(work));
}

function coloursFingerprint(work: Work): string {
  return fingerprint('colours', ...coloursParts(work));
}

function coloursParts({ tenant, sourceSha256, options, versions }: Work): unknown[] {
  return [tenant, sourceSha256, versions.colours, options.colours ?? ''];
}

function fingerprint(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
}

/** Remembers which job does or did which work, so that the same bytes are worked on once per tenant. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PictureOrder, ThumbnailJobResult } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { readResult } from '../record/stored-job.ts';
import { fingerprint } from './fingerprint.ts';

/** What makes two pieces of work equal. */
export type Work = {
  tenant: string;
  sourceSha256: string;
  order: PictureOrder;
  /** Versions of the algorithms: a new one must not answer with old results. */
  versions: { render: number; colours: number };
};

/** Who asks. */
export type Claimant = {
  id: string;
  expiresAtMs: number;
  /** The job makes no thumbnail. */
  coloursOnly: boolean;
  signal: AbortSignal;
};

/** What there is of it already. */
export type EarlierWork = {
  /** All that the job asks for, by another job; null when it is this one's to do. */
  same: ThumbnailJobResult | null;
  /** Id of a job with the colours of the same bytes, whatever the size of the thumbnail; its record may be gone by now. */
  sameColours: string | null;
};

export type FinishedWork = {
  /**
   * Takes the work on, unless it is done; waits while another job is at it, and takes over when that one fails.
   * `takeOver`: does it anyway, because the files of what was found are gone.
   */
  claim(work: Work, by: Claimant, takeOver?: boolean): Promise<EarlierWork>;
  /** The work is done: it is found as long as the job's record lives. */
  remember(work: Work, by: Pick<Claimant, 'id' | 'expiresAtMs' | 'coloursOnly'>): Promise<void>;
};

/** A claim is forgotten after this time, which is longer than a job may take. */
const claimLifeMs = 120_000;
/** A decode is short: a job that waits for another one's looks again after this time, … */
const firstPauseMs = 20;
/** … later more seldom. */
const longestPauseMs = 200;

/** Answers with the result, with `busy` while another job's lock lives, or with the colours when the work is the asker's now. */
const claimLua = `
local holder = redis.call('GET', work)
if holder and holder ~= id and takeOver == '0' then
  local job = jobPrefix .. holder
  local f = redis.call('HMGET', job, 'returnvalue', 'finishedOn', 'cancelledAt')
  if f[1] and not f[3] then return {'done', f[1]} end
  if not f[2] and not f[3] and redis.call('EXISTS', job .. ':lock') == 1 then return {'busy'} end
end
local known = redis.call('GET', colours)
redis.call('SET', work, id, 'PX', lifeMs)
return {'mine', known}`;

/** The index holds ids only; the result itself is in that job's record. */
export function createFinishedWork(shard: Shard): FinishedWork {
  const { redis, keys } = shard;
  const runClaim = defineShardScript(shard, {
    name: 'tintypeClaimWork',
    fixedKeys: ['jobPrefix'],
    keys: ['work', 'colours'],
    args: ['id', 'lifeMs', 'takeOver'],
    lua: claimLua,
  });
  return {
    async claim(work, { id, coloursOnly, signal }, takeOver = false) {
      const colours = keys.work(coloursFingerprint(work));
      const workKey = coloursOnly ? colours : keys.work(workFingerprint(work));
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        const args = { id, lifeMs: claimLifeMs, takeOver: takeOver ? 1 : 0 };
        const reply = await runClaim({ work: workKey, colours }, args);
        const [state, detail] = Array.isArray(reply) ? reply : [];
        if (state === 'done') {
          return { same: readResult(String(detail)), sameColours: null };
        }
        if (state === 'mine') return { same: null, sameColours: detail ? String(detail) : null };
        await sleep(pauseMs, undefined, { signal });
      }
    },
    async remember(work, { id, expiresAtMs, coloursOnly }) {
      const prints = [coloursFingerprint(work), ...(coloursOnly ? [] : [workFingerprint(work)])];
      await Promise.all(prints.map((print) => redis.set(keys.work(print), id, 'PXAT', expiresAtMs)));
    },
  };
}

function workFingerprint(work: Work): string {
  return fingerprint('work', work.versions.render, work.order.renditions, ...coloursParts(work));
}

function coloursFingerprint(work: Work): string {
  return fingerprint('colours', ...coloursParts(work));
}

function coloursParts({ tenant, sourceSha256, order, versions }: Work): unknown[] {
  return [tenant, sourceSha256, versions.colours, order.colours];
}

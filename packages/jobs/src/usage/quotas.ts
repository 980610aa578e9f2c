/** How much a tenant may keep, and what is said to one who has kept that much. */
import { Problem } from '@tintype/contracts';
import type { LuaPiece } from '@tintype/redis';

/** Null: as much as there is room for. */
export type Quotas = {
  jobs: number | null;
  redisBytes: number | null;
  diskBytes: number | null;
};

export const noQuotas: Quotas = { jobs: null, redisBytes: null, diskBytes: null };

/** Arguments that a script has which refuses by quotas; '' for none. */
export const quotaArgs = ['quotaJobs', 'quotaRedisBytes', 'quotaDiskBytes'] as const;

export function quotaValues({ jobs, redisBytes, diskBytes }: Quotas): Record<(typeof quotaArgs)[number], string> {
  const textOf = (quota: number | null) => (quota === null ? '' : String(Math.floor(quota)));
  return { quotaJobs: textOf(jobs), quotaRedisBytes: textOf(redisBytes), quotaDiskBytes: textOf(diskBytes) };
}

/**
 * For Lua, behind `usageLua`: `overQuota(tenant, usage, more)` answers false while there is room for more of it, else
 * what is full, how much is kept, and how much may be. Room is looked for only of what there is to be more of.
 */
export const quotaLua: LuaPiece = {
  keys: [],
  lua: `
local function over(what, used, adds, quota)
  if quota ~= '' and adds > 0 and used + adds > tonumber(quota) then return {what, used, tonumber(quota)} end
  return false
end
local function overQuota(tenant, usage, more)
  local full = over('jobs', usage.jobs, more.jobs or 0, quotaJobs)
    or over('diskBytes', usage.diskBytes, more.diskBytes or 0, quotaDiskBytes)
  if full or quotaRedisBytes == '' then return full end
  local adds = (more.jobBytes or 0) + (more.paletteBytes or 0) + (more.keyBytes or 0) + (more.answerBytes or 0)
    + (more.feedbackBytes or 0)
  return adds > 0 and over('redisBytes', redisBytesOf(tenant, usage), adds, quotaRedisBytes)
end`,
};

const words = {
  jobs: {
    full: (used: string, quota: string) => `${used} of ${quota} jobs are kept.`,
    remedy:
      'Delete some (DELETE /v1/thumbnails/{id}), or let them expire sooner: give expires_in_seconds with the next ones.',
  },
  redisBytes: {
    full: (used: string, quota: string) => `${used} of ${quota} bytes of records, palettes and keys are kept.`,
    remedy:
      'Delete thumbnails (DELETE /v1/thumbnails/{id}) or palettes (DELETE /v1/palettes/{name}), or give a shorter expires_in_seconds; what is remembered for an Idempotency-Key goes after a day.',
  },
  diskBytes: {
    full: (used: string, quota: string) => `${used} of ${quota} bytes of files are kept.`,
    remedy: 'Delete thumbnails (DELETE /v1/thumbnails/{id}), or let them expire sooner with expires_in_seconds.',
  },
} as const;

/** `used` is what is kept already. */
export function quotaExceeded(what: keyof Quotas, used: number, quota: number): Problem {
  const { full, remedy } = words[what];
  return new Problem('quota_exceeded', {
    detail: `There is no room for this: ${full(String(used), String(quota))} ${remedy} GET /v1/limits tells what is used.`,
  });
}

/** Throws `quota_exceeded` when that is what a script has answered. */
export function requireQuota(reply: unknown): void {
  const [what, used, quota] = Array.isArray(reply) ? reply : [];
  if (what === 'jobs' || what === 'redisBytes' || what === 'diskBytes') {
    throw quotaExceeded(what, Number(used), Number(quota));
  }
}

/** Every limit in force, from the settings, and what a tenant has used of its quotas. */
import {
  acceptedFormats,
  formatsOf,
  type Limits,
  maxApiKeys,
  maxBatchItems,
  maxExpirySeconds,
  maxMetadataBytes,
  maxPaletteColours,
  maxPaletteFields,
  maxPalettesPerTenant,
  maxRetriedAtOnce,
  maxTokenSeconds,
  switchedFormats,
  switchedWordsOf,
} from '@tintype/contracts';
import type { Quotas, ReadUsage } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import { sparedShare } from '../thumbnails/admission.ts';

export type LimitsOptions = {
  settings: {
    FORMATS: string;
    UPLOAD_MAX_BYTES: number;
    BATCH_UPLOAD_MAX_BYTES: number;
    HEADERS_TIMEOUT_MS: number;
    REQUEST_TIMEOUT_MS: number;
    IDEMPOTENCY_MAX_BYTES: number;
    RESULT_TTL_SECONDS: number;
    QUEUE_MAX: number;
    REDIS_MEMORY_MAX: number;
    DISK_FREE_MIN: number;
  };
  ratePolicies: readonly { name: string; quota: number; windowSeconds: number }[];
  quotas: () => Quotas;
  readUsage: ReadUsage;
  withDeadline: WithDeadline;
};

/** Throws `dependency_unavailable` where Redis is away: what is used is known there. */
export type ReadLimits = (tenant: string) => Promise<Limits>;

export function createLimits({ settings, ratePolicies, quotas, readUsage, withDeadline }: LimitsOptions): ReadLimits {
  const always = {
    rates: ratePolicies.map(({ name, quota, windowSeconds }) => ({ name, quota, window_seconds: windowSeconds })),
    requests: {
      upload_bytes: settings.UPLOAD_MAX_BYTES,
      batch_upload_bytes: settings.BATCH_UPLOAD_MAX_BYTES,
      batch_items: maxBatchItems,
      metadata_bytes: maxMetadataBytes,
      headers_ms: settings.HEADERS_TIMEOUT_MS,
      request_ms: settings.REQUEST_TIMEOUT_MS,
      remembered_answer_bytes: settings.IDEMPOTENCY_MAX_BYTES,
    },
    formats: formatsIn(settings.FORMATS),
    jobs: {
      life_seconds: settings.RESULT_TTL_SECONDS,
      longest_life_seconds: maxExpirySeconds,
      retried_at_once: maxRetriedAtOnce,
    },
    palettes: { count: maxPalettesPerTenant, colours: maxPaletteColours, fields: maxPaletteFields },
    keys: { count: maxApiKeys, token_seconds: maxTokenSeconds },
    service: {
      queue_jobs: settings.QUEUE_MAX,
      redis_memory_part: settings.REDIS_MEMORY_MAX,
      disk_free_part: settings.DISK_FREE_MIN,
      spared_part: sparedShare,
    },
  };
  return async (tenant) => {
    const usage = await withDeadline(() => readUsage(tenant));
    const allowed = quotas();
    return {
      tenant,
      quotas: {
        jobs: { used: usage.jobs, allowed: allowed.jobs },
        redis_bytes: { used: usage.redisBytes, allowed: allowed.redisBytes },
        disk_bytes: { used: usage.diskBytes, allowed: allowed.diskBytes },
      },
      ...always,
    };
  };
}

/** The usual ones, and what is switched on by its word there. */
function formatsIn(setting: string): string[] {
  const usual = acceptedFormats.filter((format) => !switchedFormats.some((switched) => switched === format));
  return [...usual, ...switchedWordsOf(formatsOf(setting))];
}

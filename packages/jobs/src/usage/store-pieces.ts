/** What scripts stand on that keep something for a tenant beside its jobs: palettes, keys, remembered answers. */
import type { LuaPiece } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { answersLua, paletteBytesLua, usageLua } from './counters.ts';
import { type Quotas, quotaArgs, quotaLua, quotaValues } from './quotas.ts';

/** The pieces, in order, with `nowMs()`, and what counters.ts and quotas.ts say. */
export const countedLua: readonly LuaPiece[] = [clockLua, usageLua, quotaLua, answersLua, paletteBytesLua];

/** Arguments of scripts with these pieces that count for a tenant, … */
export const countedArgs = ['countedTenant', ...quotaArgs] as const;

/** … and their values. In Lua the tenant is `countedTenant`, as the counters know it. */
export function countedFor(tenant: string, quotas: Quotas): Record<(typeof countedArgs)[number], string> {
  return { countedTenant: tenantInEnvelope(tenant), ...quotaValues(quotas) };
}

/** Jobs whose records cannot be read: noted when one is met, listed for the operator, forgotten with the job. */
import type { UnreadableRecord } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import type { Envelope } from './envelope.ts';

export type UnreadableJob = {
  id: string;
  /** Null when even that cannot be read. */
  tenant: string | null;
  /** The version of records that its reader must know; null when even that cannot be read. */
  version: number | null;
  reason: string;
  /** When it was first met. */
  metAtMs: number;
};

export type UnreadableJobs = {
  /** Notes it once; whoever meets it again changes nothing. */
  note(id: string, envelope: Envelope | null, reason: UnreadableRecord): Promise<void>;
  /** All of them, in no order. */
  list(): Promise<UnreadableJob[]>;
};

/** The command that lists them, as problems and logs name it. */
export const listUnreadableCommand = 'npm run unreadable';

export function createUnreadableJobs({ redis, keys, nowMs }: Shard): UnreadableJobs {
  return {
    async note(id, envelope, reason) {
      const { tenant = null, version = null } = envelope ?? {};
      await redis.hsetnx(keys.unreadable, id, JSON.stringify([nowMs(), version, tenant, reason.message]));
    },
    async list() {
      const noted = await redis.hgetall(keys.unreadable);
      return Object.entries(noted).map(([id, text]) => {
        const [metAtMs, version, tenant, reason] = JSON.parse(text);
        return { id, metAtMs: Number(metAtMs), version, tenant, reason: String(reason) };
      });
    },
  };
}

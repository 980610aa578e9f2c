/** Jobs whose records cannot be read: noted when one is met, listed for the operator, forgotten with the job. */
import { readStored, UnreadableRecord } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import { type Static, Type } from 'typebox';
import type { Envelope } from './envelope.ts';

export type UnreadableJob = {
  id: string;
  /** Null when even that cannot be read. */
  tenant: string | null;
  /** The version of records that its reader must know; null when even that cannot be read. */
  version: number | null;
  reason: string;
  /** When it was first met; null when even that cannot be read. */
  metAtMs: number | null;
};

/** As it is stored: `metAtMs`, `version`, `tenant`, `reason`. */
const StoredNote = Type.Tuple([
  Type.Number(),
  Type.Union([Type.Number(), Type.Null()]),
  Type.Union([Type.String(), Type.Null()]),
  Type.String(),
]);

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
      const stored: Static<typeof StoredNote> = [nowMs(), version, tenant, reason.message];
      await redis.hsetnx(keys.unreadable, id, JSON.stringify(stored));
    },
    async list() {
      const noted = await redis.hgetall(keys.unreadable);
      return Object.entries(noted).map(([id, text]) => readNote(id, text));
    },
  };
}

/** A note that cannot be read itself hides no other. */
function readNote(id: string, text: string): UnreadableJob {
  try {
    const [metAtMs, version, tenant, reason] = readStored(StoredNote, text);
    return { id, metAtMs, version, tenant, reason };
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    return { id, metAtMs: null, version: null, tenant: null, reason: 'what was noted of it cannot be read either' };
  }
}

/** Ends of jobs that somebody must hear of: kept until they are dealt with, and given to one reader at a time. */
import type { OutboxName } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import type { batchesOutbox } from '../batches/batch-counts.ts';
import { clockLua } from '../bullmq/protocol.ts';
import { type JobEventKind, jobEventKinds, type uploadsOutbox } from './announce.ts';

export type OutboxEntry = {
  id: string;
  event: JobEventKind;
  /** By the clock of Redis. */
  leasedUntilMs: number;
};

export type Outbox = {
  /**
   * The entries that are due, earliest first. Nobody else is given them for `leaseMs`; who has not said `done` by then
   * has died, and they are due again: so each is dealt with at least once.
   */
  take(limit: number, leaseMs: number): Promise<OutboxEntry[]>;
  /** The job may have ended likewise once more since, after a retry: that end stays. */
  done(entry: OutboxEntry): Promise<void>;
  /** The same job is looked at once more, so long from now at the latest: for who may die in the middle of something. */
  remind(id: string, afterMs: number): Promise<void>;
};

const takeLua = `
local now = nowMs()
local due = redis.call('ZRANGEBYSCORE', outbox, '-inf', now, 'LIMIT', 0, limit)
for _, entry in ipairs(due) do redis.call('ZADD', outbox, now + leaseMs, entry) end
return {now + leaseMs, due}`;

const doneLua = `
if tonumber(redis.call('ZSCORE', outbox, entry) or 0) == tonumber(leasedUntil) then redis.call('ZREM', outbox, entry) end
return 1`;

/** The outbox of this reader in one shard. */
export function createOutbox(
  shard: Shard,
  name: OutboxName | typeof uploadsOutbox.name | typeof batchesOutbox,
): Outbox {
  const { redis } = shard;
  const outbox = `${shard.keys.outboxPrefix}${name}`;
  const runTake = defineShardScript(shard, {
    name: 'tintypeTakeOutbox',
    pieces: [clockLua],
    keys: ['outbox'],
    args: ['limit', 'leaseMs'],
    lua: takeLua,
  });
  const runDone = defineShardScript(shard, {
    name: 'tintypeOutboxDone',
    keys: ['outbox'],
    args: ['entry', 'leasedUntil'],
    lua: doneLua,
  });
  return {
    async take(limit, leaseMs) {
      const reply = await runTake({ outbox }, { limit, leaseMs });
      const [until, due] = Array.isArray(reply) ? reply : [];
      return Array.isArray(due) ? due.map(String).flatMap((text) => entryOf(text, Number(until))) : [];
    },
    async remind(id, afterMs) {
      await redis.zadd(outbox, 'NX', shard.nowMs() + afterMs, `expired ${id}`);
    },
    async done({ event, id, leasedUntilMs }) {
      await runDone({ outbox }, { entry: `${event} ${id}`, leasedUntil: leasedUntilMs });
    },
  };
}

function entryOf(text: string, leasedUntilMs: number): OutboxEntry[] {
  const [word, id = ''] = text.split(' ');
  const event = jobEventKinds.find((kind) => kind === word);
  return event ? [{ event, id, leasedUntilMs }] : [];
}

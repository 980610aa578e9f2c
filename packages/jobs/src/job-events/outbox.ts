/** Ends of jobs that somebody must hear of: kept until they are dealt with, and given to one reader at a time. */
import type { OutboxName } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { type JobEventKind, jobEventKinds } from './announce.ts';

export type OutboxEntry = { id: string; event: JobEventKind };

export type Outbox = {
  /**
   * The entries that are due, earliest first. Nobody else is given them for `leaseMs`; who has not said `done` by then
   * has died, and they are due again: so each is dealt with at least once.
   */
  take(limit: number, leaseMs: number): Promise<OutboxEntry[]>;
  done(entry: OutboxEntry): Promise<void>;
};

const takeLua = `
local now = nowMs()
local due = redis.call('ZRANGEBYSCORE', outbox, '-inf', now, 'LIMIT', 0, limit)
for _, entry in ipairs(due) do redis.call('ZADD', outbox, now + leaseMs, entry) end
return due`;

/** The outbox of this reader in one shard. */
export function createOutbox(shard: Shard, name: OutboxName): Outbox {
  const outbox = `${shard.keys.outboxPrefix}${name}`;
  const runTake = defineShardScript(shard, {
    name: 'tintypeTakeOutbox',
    pieces: [clockLua],
    keys: ['outbox'],
    args: ['limit', 'leaseMs'],
    lua: takeLua,
  });
  return {
    async take(limit, leaseMs) {
      const reply = await runTake({ outbox }, { limit, leaseMs });
      return Array.isArray(reply) ? reply.map(String).flatMap(entryOf) : [];
    },
    async done({ event, id }) {
      await shard.redis.zrem(outbox, `${event} ${id}`);
    },
  };
}

function entryOf(text: string): OutboxEntry[] {
  const [word, id = ''] = text.split(' ');
  const event = jobEventKinds.find((kind) => kind === word);
  return event ? [{ event, id }] : [];
}

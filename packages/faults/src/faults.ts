/** The faults, each with what it does to the running processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '@tintype/redis';
import { childrenOf, type ServiceUnderTest, type Tintype } from '@tintype/testkit';
import type { Replica } from './replica.ts';
import type { SmallDisk } from './small-disk.ts';

/** What a fault happens to. */
export type Scene = {
  tintype: Tintype;
  redis: RedisConnection;
  /** Where the blob store is; only for a fault that asks for it. */
  disk: SmallDisk | null;
  /** Of Redis; only for a fault that asks for it. */
  replica: Replica | null;
};

/** How a process ended that was asked to (SIGTERM). `code` is null when a signal ended it. */
export type Exit = { process: 'worker' | 'API' | 'Redis'; code: number | null; ms: number };

export type Fault = {
  name: string;
  /** For the table. */
  title: string;
  /** Brings it about at the given moment and ends it: what was taken away is back when this resolves. */
  happen(scene: Scene): Promise<Exit[]>;
  needsSmallDisk?: true;
  /** Has a replica beside Redis, and services whose name for Redis may move. */
  needsReplica?: true;
  /** Has pictures in its load whose decode is long, and happens while a worker has a child process. */
  needsDecodeChild?: true;
};

const hangMs = 5000;
const fullMs = 3000;
const nameMovesAfterMs = 3000;

export const faults: readonly Fault[] = [
  {
    name: 'kill-worker',
    title: 'kill -9 of one worker of two, not replaced',
    async happen({ tintype }) {
      const [victim] = tintype.workers;
      if (victim) await kill(victim);
      return [];
    },
  },
  {
    name: 'kill-all-workers',
    title: 'kill -9 of all workers, started again',
    async happen({ tintype }) {
      const victims = [...tintype.workers];
      await Promise.all(victims.map(kill));
      await Promise.all(victims.map(tintype.replaceWorker));
      return [];
    },
  },
  {
    name: 'kill-api',
    title: 'kill -9 of the API, started again',
    async happen({ tintype }) {
      await kill(tintype.api);
      await tintype.restartApi();
      return [];
    },
  },
  {
    name: 'kill-redis',
    title: 'kill -9 of Redis, started again',
    async happen({ tintype }) {
      process.kill(tintype.redis.pid, 'SIGKILL');
      await tintype.redis.exited;
      await tintype.restartRedis();
      return [];
    },
  },
  {
    name: 'stop-workers',
    title: 'SIGTERM of each worker in turn, replaced',
    async happen({ tintype }) {
      const exits: Exit[] = [];
      for (const worker of [...tintype.workers]) {
        exits.push(await endOf('worker', worker, () => worker.kill('SIGTERM')));
        await tintype.replaceWorker(worker);
      }
      return exits;
    },
  },
  {
    name: 'stop-api',
    title: 'SIGTERM of the API, started again',
    async happen({ tintype }) {
      const { api } = tintype;
      const exit = await endOf('API', api, () => api.kill('SIGTERM'));
      await tintype.restartApi();
      return [exit];
    },
  },
  {
    name: 'stop-redis',
    title: 'SIGTERM of Redis, started again',
    async happen({ tintype }) {
      const { redis } = tintype;
      const exit = await endOf('Redis', redis, () => process.kill(redis.pid, 'SIGTERM'));
      await tintype.restartRedis();
      return [exit];
    },
  },
  {
    name: 'hang-redis',
    title: `Redis hung (SIGSTOP) for ${hangMs / 1000} s`,
    async happen({ tintype }) {
      const { pid } = tintype.redis;
      process.kill(pid, 'SIGSTOP');
      try {
        await sleep(hangMs);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      return [];
    },
  },
  {
    name: 'fill-redis',
    title: `Redis at maxmemory for ${fullMs / 1000} s`,
    async happen({ redis }) {
      const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
      // Below what is used: every command that could need memory is refused from now on.
      await redis.config('SET', 'maxmemory', Math.floor(used * 0.9));
      await sleep(fullMs);
      await redis.config('SET', 'maxmemory', 0);
      return [];
    },
  },
  {
    name: 'failover',
    title: `planned failover (FAILOVER), the old primary lives on as a replica, its name moves ${nameMovesAfterMs / 1000} s later`,
    needsReplica: true,
    async happen({ tintype, replica }) {
      await replica?.takeOver();
      await sleep(nameMovesAfterMs);
      if (replica) tintype.relay?.leadTo(replica.url);
      return [];
    },
  },
  {
    name: 'failover-silent',
    title: 'the primary says nothing any more (SIGSTOP), its replica takes its place, its name moves at once',
    needsReplica: true,
    async happen({ tintype, replica }) {
      process.kill(tintype.redis.pid, 'SIGSTOP');
      await replica?.promote();
      if (replica) tintype.relay?.leadTo(replica.url);
      return [];
    },
  },
  {
    name: 'fill-disk',
    title: `disk of the blob store full for ${fullMs / 1000} s`,
    needsSmallDisk: true,
    async happen({ disk }) {
      await disk?.beFullFor(fullMs);
      return [];
    },
  },
  {
    name: 'kill-decode',
    title: 'kill -9 of the process that decodes a long picture',
    needsDecodeChild: true,
    async happen({ tintype }) {
      const [child] = decodeChildren(tintype);
      if (child !== undefined) process.kill(child, 'SIGKILL');
      return [];
    },
  },
];

/** The processes in which workers decode now. Linux only. */
export function decodeChildren({ workers }: Tintype): number[] {
  return workers.flatMap(({ pid }) => childrenOf(pid));
}

async function kill(service: ServiceUnderTest): Promise<void> {
  service.kill('SIGKILL');
  await service.exited;
}

async function endOf(
  process: Exit['process'],
  one: { exited: Promise<number | null> },
  ask: () => void,
): Promise<Exit> {
  const startMs = performance.now();
  ask();
  const code = await one.exited;
  return { process, code, ms: performance.now() - startMs };
}

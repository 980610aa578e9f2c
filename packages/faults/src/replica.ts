/** A second Redis with everything that the first one has, which can take its place without losing anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectWorker, disconnect, type RedisConnection } from '@tintype/redis';
import { freePort, startTestRedis } from '@tintype/testkit';

export type Replica = {
  url: string;
  /** Becomes the primary, and the primary its replica; all connections to that one stay open. */
  takeOver(): Promise<void>;
  /** Becomes the primary with what it has, whatever the other one does. */
  promote(): Promise<void>;
  stop(): Promise<void>;
};

const pollMs = 10;
/** What the primary has sent before is taken over in this time. */
const takeOverMs = 200;

/** Resolves once it has everything that `primary` has. */
export async function startReplica(primary: RedisConnection): Promise<Replica> {
  const server = await startTestRedis();
  const redis = connectWorker(server.url);
  const [primaryPort, ownPort] = [await freePort(), await freePort()];
  await primary.config('SET', 'port', primaryPort);
  await primary.config('SET', 'repl-diskless-sync-delay', 0);
  await redis.config('SET', 'port', ownPort);
  await redis.replicaof('127.0.0.1', primaryPort);
  while (!(await redis.info('replication')).includes('master_link_status:up')) await sleep(pollMs);
  return {
    url: server.url,
    async takeOver() {
      await primary.call('FAILOVER', 'TO', '127.0.0.1', ownPort, 'TIMEOUT', 10_000);
      // By the replica: the old primary may be busy with taking over what it has.
      while (!(await redis.info('replication')).includes('role:master')) await sleep(pollMs);
    },
    async promote() {
      await sleep(takeOverMs);
      await redis.replicaof('NO', 'ONE');
    },
    async stop() {
      await disconnect(redis);
      await server.stop();
    },
  };
}

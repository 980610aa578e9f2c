/** A job of another tenant at the head of a deep queue is found by the next look, not by the one after many. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId } from '@tintype/contracts';
import type { EmbeddedRedis } from '@tintype/embedded';
import { connectWorker, disconnect, openShard, type RedisConnection } from '@tintype/redis';
import { startTestRedis } from '@tintype/testkit';
import { createClaims } from '../../src/bullmq/claim.ts';
import { createThumbnailQueue } from '../../src/index.ts';
import { jobData } from '../queue-under-test.ts';

let server: EmbeddedRedis;
let redis: RedisConnection;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectWorker(server.url);
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
});

test('when a tenant that is passed over has thousands of jobs, then one of another tenant before them is claimed at once', async () => {
  const shard = openShard(redis, 0);
  const queue = createThumbnailQueue(shard);
  await Promise.all(Array.from({ length: 2000 }, () => queue.add(newThumbnailId(), { ...jobData, tenant: 'greedy' })));
  const claims = createClaims(shard, { worker: 'w', lockMs: 60_000 });
  // Some time goes by with nobody else's job in the queue.
  for (const _ of [1, 2]) expect(await claims.nextOfOthers('t', ['greedy'])).toMatchObject({ job: null });
  const id = newThumbnailId();
  await queue.add(id, { ...jobData, tenant: 'modest' }, 'waiting');
  expect(await redis.zrank(shard.keys.prioritized, id)).toBe(0);
  expect((await claims.nextOfOthers('t', ['greedy'])).job?.id).toBe(id);
});

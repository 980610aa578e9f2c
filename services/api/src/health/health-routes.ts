/** Is it alive, is it ready, and if something is not well, why. */
import type { Health } from '@tintype/contracts';
import { readLivingWorkers } from '@tintype/jobs';
import type { Shard, WithDeadline } from '@tintype/redis';
import type { BlobStore } from '@tintype/storage';
import type { FastifyPluginAsync } from 'fastify';

export type HealthOptions = {
  version: string;
  shard: Shard;
  withDeadline: WithDeadline;
  blobs: BlobStore;
  stopping: AbortSignal;
};

const healthBody = { $ref: 'Health#' };
const textBody = (description: string) => ({ description, content: { 'text/plain': { schema: { type: 'string' } } } });
/** Whoever watches over the service must always get through. */
const config = { unlimited: true } as const;
type Check = Health['checks'][string];

/** `/livez` says that the process answers, `/readyz` that it can take work, `/health` tells everything. */
export const healthRoutes: FastifyPluginAsync<HealthOptions> = async (app, options) => {
  const check = async (work: () => Promise<unknown>, reason: string): Promise<Check> => {
    try {
      await work();
      return { status: 'ok' };
    } catch {
      return { status: 'down', reason };
    }
  };
  const redisCheck = () => check(() => options.withDeadline(() => options.shard.redis.ping()), 'Redis does not answer');
  const storageCheck = () => check(() => options.blobs.check(), 'the storage cannot be written');
  const workersCheck = () =>
    check(async () => {
      const { workers, hasFirstRelease } = await options.withDeadline(() => readLivingWorkers(options.shard));
      if (workers.length === 0 && !hasFirstRelease) throw new Error('none');
    }, 'no worker is connected: jobs are accepted and wait');

  app.get(
    '/livez',
    { schema: { tags: ['service'], summary: 'Is the process alive', response: { 200: textBody('Alive') } }, config },
    async (_request, reply) => reply.type('text/plain').send('ok\n'),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['service'],
        summary: 'Can it take work',
        response: { 200: textBody('Ready'), 503: textBody('The reason why not') },
      },
      config,
    },
    async (_request, reply) => {
      const checks = await Promise.all([redisCheck(), storageCheck()]);
      const reason = options.stopping.aborted ? 'stopping' : checks.find(({ status }) => status === 'down')?.reason;
      reply.type('text/plain');
      return reason === undefined ? reply.send('ok\n') : reply.code(503).header('retry-after', 2).send(`${reason}\n`);
    },
  );

  app.get(
    '/health',
    {
      schema: {
        tags: ['service'],
        summary: 'What is well and what is not',
        response: { 200: healthBody, 503: healthBody },
      },
      config,
    },
    async (_request, reply) => {
      const [redis, storage, workers] = await Promise.all([redisCheck(), storageCheck(), workersCheck()]);
      const down = redis.status === 'down' || storage.status === 'down';
      const status = down ? 'down' : workers.status === 'down' ? 'degraded' : 'ok';
      const health: Health = {
        status,
        version: options.version,
        uptime_seconds: Math.round(process.uptime()),
        checks: { redis, storage, workers },
      };
      return reply.code(down ? 503 : 200).send(health);
    },
  );
};

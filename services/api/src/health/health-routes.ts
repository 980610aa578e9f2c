/** Is it alive, is it ready, and if something is not well, why. */
import { Health } from '@tintype/contracts';
import type { Release } from '@tintype/runtime';
import type { FastifyPluginAsync } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import { type ChecksOptions, createChecks } from './checks.ts';

export type HealthOptions = ChecksOptions & {
  release: Release;
  /** Aborts when the process stops: it then takes no more work. */
  stopping: AbortSignal;
};

const tags = ['service'];
const textBody = (description: string) => ({
  description,
  content: { 'text/plain': { schema: { type: 'string', examples: ['ok\n'] } } },
});
/** Whoever watches over the service must always get through. */
const config = { unlimited: true } as const;

const livezSchema = {
  operationId: 'isAlive',
  tags,
  summary: 'Is the process alive',
  response: { 200: textBody('Alive') },
};
const readyzSchema = {
  operationId: 'isReady',
  tags,
  summary: 'Can it take work',
  response: { 200: textBody('Ready'), 503: textBody('The reason why not') },
};
const healthSchema = {
  operationId: 'getHealth',
  tags,
  summary: 'What is well and what is not',
  response: { 200: json('All is well, or degraded', Health), 503: json('Something is down', Health) },
};

/** `/livez` says that the process answers, `/readyz` that it can take work, `/health` tells everything. */
export const healthRoutes: FastifyPluginAsync<HealthOptions> = async (app, { release, stopping, ...parts }) => {
  const checks = createChecks(parts);

  app.get('/livez', { schema: livezSchema, config }, async (_request, reply) => reply.type('text/plain').send('ok\n'));

  app.get('/readyz', { schema: readyzSchema, config }, async (_request, reply) => {
    const results = await Promise.all([checks.redis(), checks.storage()]);
    const reason = stopping.aborted ? 'stopping' : results.find(({ status }) => status === 'down')?.reason;
    reply.type('text/plain');
    return reason === undefined ? reply.send('ok\n') : reply.code(503).header('retry-after', 2).send(`${reason}\n`);
  });

  app.get('/health', { schema: healthSchema, config }, async (_request, reply) => {
    const [redis, storage, workers, queue] = await Promise.all([
      checks.redis(),
      checks.storage(),
      checks.workers(),
      checks.queue(),
    ]);
    const down = redis.status === 'down' || storage.status === 'down';
    const health: Health = {
      status: down ? 'down' : workers.status === 'down' ? 'degraded' : 'ok',
      ...release,
      uptime_seconds: Math.round(process.uptime()),
      checks: { redis, storage, workers, queue },
    };
    return reply.code(down ? 503 : 200).send(health);
  });
};

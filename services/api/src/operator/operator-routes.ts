/** `/v1/workers` and `/v1/settings`: what runs, and what it is set to, for the operator. */
import { RunningWorkers, ServiceSettings } from '@tintype/contracts';
import type { BusyWorker } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { FastifyPluginAsync } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import { timeOf } from '../http/times.ts';

export type OperatorRoutesOptions = {
  readBusyWorkers: () => Promise<BusyWorker[]>;
  withDeadline: WithDeadline;
  /** As the log has them at the start. */
  settings: ServiceSettings;
};

const config = { scope: 'admin', alwaysClosed: true } as const;
const tags = ['service'];
const workersSchema = {
  operationId: 'listWorkers',
  tags,
  summary: 'Which workers run, and how many jobs each holds',
  response: { 200: json('All that live', RunningWorkers) },
};
const settingsSchema = {
  operationId: 'getSettings',
  tags,
  summary: 'What the API that answers is set to',
  description:
    'Several processes may be set differently, and workers have settings of their own; each logs them when it starts.',
  response: { 200: json('Its settings', ServiceSettings) },
};

export const operatorRoutes: FastifyPluginAsync<OperatorRoutesOptions> = async (app, options) => {
  const { readBusyWorkers, withDeadline, settings } = options;

  app.get('/v1/workers', { schema: workersSchema, config }, async (_request, reply) => {
    const workers = await withDeadline(readBusyWorkers);
    const data = workers.map(({ name, version, concurrency, jobs, isConfined, sinceMs, seenAtMs }) => ({
      id: name,
      version,
      concurrency,
      jobs,
      confined: isConfined,
      since: timeOf(sinceMs),
      last_seen: timeOf(seenAtMs),
    }));
    return reply.header('cache-control', 'no-store').send({ data, next: null } satisfies RunningWorkers);
  });

  app.get('/v1/settings', { schema: settingsSchema, config }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(settings),
  );
};

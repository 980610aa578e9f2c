/** `/v1/queue`: how the queue is, and its lanes paused and resumed by the operator. */
import { type JobPriority, jobPriorities, QueueLanes, QueueState } from '@tintype/contracts';
import type { QueuePauses, ThumbnailQueue } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { json } from '../http/openapi/route-schemas.ts';

export type QueueRoutesOptions = {
  queue: Pick<ThumbnailQueue, 'depth'>;
  pauses: QueuePauses;
  withDeadline: WithDeadline;
};

const config = { scope: 'admin', alwaysClosed: true } as const;

const tags = ['service'];
const readSchema = {
  operationId: 'getQueue',
  tags,
  summary: 'How many jobs are where, and which lanes are paused',
  response: { 200: json('The queue', QueueState) },
};
const lanesAre =
  'A lane is where a job waits: `low` and `normal` as the job says, `high` for high jobs of keys with the scope `priority` and where no keys are required.';
const pauseSchema = {
  operationId: 'pauseQueue',
  tags,
  summary: 'Begin no more jobs, of some lanes or of all',
  description: `${lanesAre} New jobs are accepted and wait, what is worked on ends, and whoever waits for an answer has it after the usual time. It holds until it is resumed, over restarts too. Pausing again changes nothing.`,
  body: Type.Optional(QueueLanes),
  response: { 200: json('The queue from now on', QueueState) },
};
const resumeSchema = {
  operationId: 'resumeQueue',
  tags,
  summary: 'Go on with lanes that were paused',
  description: `${lanesAre} Jobs of a lane that was paused alone keep their order, and stand in line as if they came in now. Resuming again changes nothing.`,
  body: Type.Optional(QueueLanes),
  response: { 200: json('The queue from now on', QueueState) },
};

type Change = FastifyRequest<{ Body: QueueLanes }>;

export const queueRoutes: FastifyPluginAsync<QueueRoutesOptions> = async (app, { queue, pauses, withDeadline }) => {
  const answer = async (reply: FastifyReply, paused: JobPriority[]): Promise<FastifyReply> => {
    const depth = await withDeadline(() => queue.depth());
    return reply.header('cache-control', 'no-store').send({ paused, ...depth } satisfies QueueState);
  };

  app.get('/v1/queue', { schema: readSchema, config }, async (_request, reply) =>
    answer(reply, await withDeadline(() => pauses.paused())),
  );

  app.post('/v1/queue/pause', { schema: pauseSchema, config }, async (request: Change, reply) => {
    const { lanes = jobPriorities } = request.body;
    const paused = await withDeadline(() => pauses.pause(lanes));
    request.log.warn({ lanes, paused, by: request.identity?.id }, 'lanes of the queue are paused');
    return answer(reply, paused);
  });

  app.post('/v1/queue/resume', { schema: resumeSchema, config }, async (request: Change, reply) => {
    const { lanes = jobPriorities } = request.body;
    const paused = await withDeadline(() => pauses.resume(lanes));
    while ((await withDeadline(() => pauses.putBack())) > 0);
    request.log.warn({ lanes, paused, by: request.identity?.id }, 'lanes of the queue go on');
    return answer(reply, paused);
  });
};

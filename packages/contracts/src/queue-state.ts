/** What an operator pauses, resumes and sees of the queue. */
import Type, { type Static } from 'typebox';
import { jobPriorities } from './thumbnail.ts';

const Lanes = (options: { minItems?: number; description: string }) =>
  Type.Array(Type.Enum(jobPriorities, { $id: 'Priority' }), {
    maxItems: jobPriorities.length,
    uniqueItems: true,
    ...options,
  });

/** JSON body of `POST /v1/queue/pause` and `POST /v1/queue/resume`. */
export const QueueLanes = Type.Object(
  { lanes: Type.Optional(Lanes({ minItems: 1, description: 'all of them by default' })) },
  { title: 'QueueLanes', additionalProperties: false, examples: [{ lanes: ['low'] }] },
);
export type QueueLanes = Static<typeof QueueLanes>;

export const QueueState = Type.Object(
  {
    paused: Lanes({ description: 'lanes of which no job is begun' }),
    waiting: Type.Integer({ description: 'jobs of all lanes that wait for a worker, paused or not' }),
    delayed: Type.Integer({ description: 'jobs that wait for their next attempt' }),
    active: Type.Integer({ description: 'jobs that are worked on: they end, whatever is paused' }),
  },
  { $id: 'QueueState', examples: [{ paused: ['low'], waiting: 1204, delayed: 3, active: 20 }] },
);
export type QueueState = Static<typeof QueueState>;

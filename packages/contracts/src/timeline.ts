/** What happened to a job, attempt by attempt: as it is kept in its record, and as clients see it. */
import Type, { type Static } from 'typebox';
import { ProblemDocument } from './problem-document.ts';
import { JobStepWord, ThumbnailStatusWord } from './thumbnail.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** Most failed jobs that one call tries again. */
export const maxRetriedAtOnce = 500;

const Step = Type.Object(
  {
    step: JobStepWord,
    ms: Type.Number({ minimum: 0, description: 'how long it took, or lasts' }),
  },
  { $id: 'AttemptStep' },
);
export type AttemptStep = Static<typeof Step>;

/** One attempt that did not succeed, as its worker has left it in the job's record. */
export const AttemptLog = Type.Object({
  startedAtMs: Type.Number({ minimum: 0, maximum: 8.64e15 }),
  endedAtMs: Type.Number({ minimum: 0, maximum: 8.64e15 }),
  worker: Type.String(),
  steps: Type.Array(Step),
  /** `Problem.toRecord()`; none when the worker died. */
  problem: Type.Optional(Type.String()),
});
export type AttemptLog = Static<typeof AttemptLog>;

const Time = Type.String({ format: 'date-time' });

const Attempt = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    outcome: Type.Enum(['running', 'completed', 'failed', 'cancelled', 'crashed'], {
      $id: 'AttemptOutcome',
      description: 'crashed: its worker died, and another one took the job',
    }),
    worker: Type.Union([Type.String(), Type.Null()], { description: 'which worker had it' }),
    started_at: Type.Optional(Time),
    ended_at: Type.Optional(Time),
    steps: Type.Array(Step),
    problem: Type.Union([ProblemDocument, Type.Null()]),
  },
  { $id: 'Attempt' },
);
export type TimelineAttempt = Static<typeof Attempt>;

/** Answer of `GET /v1/thumbnails/{id}/timeline`. */
export const Timeline = Type.Object(
  {
    id: Type.String({ pattern: thumbnailIdPattern }),
    status: ThumbnailStatusWord,
    created_at: Time,
    attempts: Type.Array(Attempt, { description: 'the first one first; of very many, the latest' }),
    completed_at: Type.Optional(Time),
  },
  { $id: 'Timeline' },
);
export type Timeline = Static<typeof Timeline>;

/** Answer of `POST /v1/thumbnails/retry`. */
export const BulkRetry = Type.Object(
  {
    code: Type.String(),
    retried: Type.Integer({ description: `failed jobs that were queued again, at most ${maxRetriedAtOnce}` }),
    remaining: Type.Integer({ description: 'failed jobs of this code that are left; call again' }),
  },
  { $id: 'BulkRetry' },
);
export type BulkRetry = Static<typeof BulkRetry>;

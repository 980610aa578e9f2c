/** Figures of a tenant's jobs, or of all: what waits now, and what came of those that ended in a window of time. */
import Type, { type Static } from 'typebox';
import { statsWindowPattern, wordsOfPattern } from './pattern-words.ts';
import { Problem } from './problem.ts';

/** The window that is meant where none is named. */
const usualWindow = '15m';
const windowSeconds = { least: 60, most: 86_400 } as const;
const unitSeconds = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** Query of `GET /v1/stats`. */
export const StatsQuery = Type.Object({
  window: Type.Optional(
    Type.String({
      pattern: statsWindowPattern,
      description: `how far back jobs count that have ended: from \`1m\` to \`24h\`, in \`s\`, \`m\`, \`h\` or \`d\`, seconds without a unit (\`${usualWindow}\`)`,
      examples: ['15m', '24h'],
    }),
  ),
});
export type StatsQuery = Static<typeof StatsQuery>;

/** Throws `invalid_option` for a window that is shorter or longer than what is kept. */
export function windowSecondsOf({ window = usualWindow }: StatsQuery): number {
  const unit = unitSeconds.get(window.slice(-1));
  const seconds = unit === undefined ? Number(window) : unit * Number(window.slice(0, -1));
  if (seconds >= windowSeconds.least && seconds <= windowSeconds.most) return seconds;
  const detail = wordsOfPattern(statsWindowPattern) ?? '';
  throw new Problem('invalid_option', { detail: `/window ${detail}.`, errors: [{ pointer: '/window', detail }] });
}

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Milliseconds = (description: string) => Type.Integer({ minimum: 0, description });

/** Answer of `GET /v1/stats`. */
export const Stats = Type.Object(
  {
    tenant: Type.Union([Type.String(), Type.Null()], {
      description: 'whose jobs these are; null: those of all tenants',
    }),
    waiting: Type.Object(
      {
        high: Count('of the lane `high`'),
        normal: Count('of the lane `normal`'),
        low: Count('of the lane `low`'),
      },
      { description: 'jobs that wait now, for a worker, for their next attempt, or while their lane is paused' },
    ),
    processing: Count('jobs that are worked on now'),
    oldest_waiting_ms: Type.Union([Milliseconds('since it was added or retried'), Type.Null()], {
      description: 'how long the job has waited that waits longest; null: none does',
    }),
    since: Type.String({
      format: 'date-time',
      description:
        'from when on jobs count below that have ended: the full minute in which the window begins, above `1h` the full ten minutes; or when counting began',
    }),
    until: Type.String({ format: 'date-time' }),
    completed: Count('jobs that completed'),
    failed: Count('jobs that failed for good; one that is retried and fails again counts again'),
    cancelled: Count('jobs that were cancelled'),
    expired: Count('jobs that expired before they had ended'),
    failed_by_code: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: 'those that failed, by the code of their problem, the most frequent first',
    }),
    ended_per_minute: Type.Number({ minimum: 0, description: 'all of these, over the time from `since` to `until`' }),
    total_ms: Type.Union(
      [
        Type.Object({
          p50: Milliseconds('half of them were not slower'),
          p95: Milliseconds('95 of 100 were not slower'),
          p99: Milliseconds('99 of 100 were not slower'),
        }),
        Type.Null(),
      ],
      {
        description:
          'what completed jobs took, from when they were added or retried until their end, to within 13 %; null: none completed',
      },
    ),
  },
  {
    $id: 'Stats',
    examples: [
      {
        tenant: 'shop',
        waiting: { high: 0, normal: 12, low: 340 },
        processing: 8,
        oldest_waiting_ms: 4210,
        since: '2026-01-01T12:15:00.000Z',
        until: '2026-01-01T12:30:29.412Z',
        completed: 1840,
        failed: 7,
        cancelled: 2,
        expired: 0,
        failed_by_code: { source_status: 5, not_an_image: 2 },
        ended_per_minute: 119.368,
        total_ms: { p50: 144, p95: 457, p99: 1151 },
      },
    ],
  },
);
export type Stats = Static<typeof Stats>;

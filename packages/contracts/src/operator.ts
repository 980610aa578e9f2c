/** What an operator sees of the running service: its workers, and what the API is set to. */
import Type, { type Static } from 'typebox';

const RunningWorker = Type.Object(
  {
    id: Type.String({ description: 'as in timelines; anew at each start' }),
    version: Type.String({ description: 'its release' }),
    concurrency: Type.Integer({ description: 'jobs that it holds at once, at most' }),
    jobs: Type.Integer({ description: 'jobs that it holds now' }),
    confined: Type.Boolean({ description: 'whether its kernel keeps files and network from what decodes' }),
    since: Type.String({ format: 'date-time' }),
    last_seen: Type.String({ format: 'date-time', description: 'each tells that it lives once a second' }),
  },
  { $id: 'RunningWorker' },
);

/** Answer of `GET /v1/workers`. */
export const RunningWorkers = Type.Object(
  {
    data: Type.Array(RunningWorker, { description: 'the longest running first' }),
    next: Type.Null({ description: 'all of them are on this page' }),
  },
  {
    $id: 'RunningWorkers',
    examples: [
      {
        data: [
          {
            id: 'worker-a8113c79',
            version: '0.1.0',
            concurrency: 36,
            jobs: 4,
            confined: true,
            since: '2026-01-01T08:00:00.000Z',
            last_seen: '2026-01-01T12:30:00.412Z',
          },
        ],
        next: null,
      },
    ],
  },
);
export type RunningWorkers = Static<typeof RunningWorkers>;

/** Answer of `GET /v1/settings`. */
export const ServiceSettings = Type.Object(
  {
    version: Type.String({ description: 'the release of the API that answers' }),
    commit: Type.Union([Type.String(), Type.Null()], { description: 'of its source; null where it is not known' }),
    settings: Type.Record(Type.String(), Type.Unknown(), {
      description: 'by their names, what was not set with what holds then; secrets are masked',
    }),
  },
  {
    $id: 'ServiceSettings',
    examples: [
      {
        version: '0.1.0',
        commit: null,
        settings: { PORT: 3000, AUTH: 'required', API_KEYS: '(secret)', REDIS_URL: 'redis://:(secret)@redis:6379' },
      },
    ],
  },
);
export type ServiceSettings = Static<typeof ServiceSettings>;

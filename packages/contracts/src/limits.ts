/** Answer of `GET /v1/limits`: every limit in force that a client can meet, and what its tenant keeps. */
import Type, { type Static } from 'typebox';

const bytes = (description: string) => Type.Integer({ description });
const seconds = (description: string) => Type.Integer({ description });
const Part = (description: string) => Type.Number({ description });

const Kept = (name: string, description: string) =>
  Type.Object(
    {
      used: Type.Integer(),
      allowed: Type.Union([Type.Integer(), Type.Null()], { description: 'null: as much as there is room for' }),
    },
    { $id: name, description },
  );

const RateQuota = Type.Object(
  { name: Type.String(), quota: Type.Integer(), window_seconds: Type.Integer() },
  { $id: 'RateQuota' },
);

export const Limits = Type.Object(
  {
    tenant: Type.String({ description: 'whose key it is' }),
    quotas: Type.Object(
      {
        jobs: Kept('KeptJobs', 'thumbnails, until they expire or are deleted'),
        redis_bytes: Kept('KeptRedisBytes', 'of jobs, palettes, keys and remembered answers, as they are counted'),
        disk_bytes: Kept('KeptDiskBytes', 'of uploads and thumbnails; a file counts for each job that needs it'),
      },
      { $id: 'Quotas', description: 'over them it is 429 `quota_exceeded`' },
    ),
    rates: Type.Array(RateQuota, {
      description: 'for each key; over them it is 429 `rate_limited`',
    }),
    requests: Type.Object(
      {
        upload_bytes: bytes('largest picture that is uploaded'),
        batch_upload_bytes: bytes('of all files of one form'),
        batch_items: Type.Integer({ description: 'pictures of one batch' }),
        metadata_bytes: bytes('largest `metadata`, as JSON'),
        headers_ms: Type.Integer({ description: 'time for the headers to arrive' }),
        request_ms: Type.Integer({ description: 'time for the whole request to arrive' }),
        remembered_answer_bytes: bytes('largest answer that is remembered for an `Idempotency-Key`'),
      },
      { $id: 'RequestLimits' },
    ),
    formats: Type.Array(Type.String(), {
      description:
        'pictures that are read, by the first bytes: the usual formats, and what the operator has switched on',
    }),
    jobs: Type.Object(
      {
        life_seconds: seconds('when the request does not say'),
        longest_life_seconds: seconds('most that `expires_in_seconds` may say'),
        retried_at_once: Type.Integer({ description: 'failed jobs that one `POST /v1/thumbnails/retry` retries' }),
      },
      { $id: 'JobLimits' },
    ),
    palettes: Type.Object(
      {
        count: Type.Integer({ description: 'own palettes of a tenant' }),
        colours: Type.Integer({ description: 'of one palette' }),
        fields: Type.Integer({ description: 'different ones beside name and hex in one palette' }),
      },
      { $id: 'PaletteLimits' },
    ),
    keys: Type.Object(
      {
        count: Type.Integer({ description: 'of all tenants' }),
        token_seconds: seconds('longest life'),
      },
      { $id: 'KeyLimits' },
    ),
    service: Type.Object(
      {
        queue_jobs: Type.Integer({ description: 'jobs of all tenants that may wait; behind it 503 `queue_full`' }),
        redis_memory_part: Part('of Redis’ memory that may be used; behind it 503 `queue_full`'),
        disk_free_part: Part('of the disk that must stay free; else 503 `storage_full`'),
        spared_part: Part(
          'last part of the room before these two: in it only tenants are refused that keep more than their equal share',
        ),
      },
      { $id: 'ServiceLimits', description: 'what all tenants share' },
    ),
  },
  {
    $id: 'Limits',
    examples: [
      {
        tenant: 'shop',
        quotas: {
          jobs: { used: 1204, allowed: 1_000_000 },
          redis_bytes: { used: 5_173_588, allowed: 536_870_912 },
          disk_bytes: { used: 48_211_004, allowed: null },
        },
        rates: [{ name: 'jobs', quota: 300, window_seconds: 60 }],
        requests: {
          upload_bytes: 26_214_400,
          batch_upload_bytes: 262_144_000,
          batch_items: 500,
          metadata_bytes: 2048,
          headers_ms: 10_000,
          request_ms: 300_000,
          remembered_answer_bytes: 65_536,
        },
        formats: ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'],
        jobs: { life_seconds: 2_592_000, longest_life_seconds: 31_536_000, retried_at_once: 500 },
        palettes: { count: 100, colours: 10_000, fields: 100 },
        keys: { count: 1000, token_seconds: 900 },
        service: { queue_jobs: 100_000, redis_memory_part: 0.8, disk_free_part: 0.05, spared_part: 0.1 },
      },
    ],
  },
);
export type Limits = Static<typeof Limits>;

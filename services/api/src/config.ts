/** The API's settings: the only place where it reads the environment. */
import { apiScopes, formatsSetting, type MisspeltSetting, misspeltSettings } from '@tintype/contracts';
import {
  InvalidSettings,
  longestTimerMs,
  maskSettings,
  processSettings,
  readSettings,
  redisUrlExpected,
  redisUrlPattern,
} from '@tintype/runtime';
import Type, { type Static } from 'typebox';
import { defaultTenant } from './http/auth/identity.ts';
import { librarySettings } from './library/library-settings.ts';
import { usualQuotas } from './limits/quotas.ts';

const megabytes = 1024 * 1024;
/** More is no date any more, in the end. */
const hundredYearsSeconds = 3_153_600_000;

/** A number, or `off`; without it the default is for where tenants are told apart. */
function quota(meaning: string, usual: string) {
  return Type.Optional(
    Type.String({
      pattern: '^(off|\\d{1,15})$',
      expected: 'must be a whole number or off',
      description: `${meaning}: a number, or \`off\` (${usual} where keys are required, else \`off\`)`,
    }),
  );
}

export const apiSettings = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on (`0.0.0.0` in the container)' }),
  PORT: Type.Integer({
    default: 3000,
    minimum: 0,
    maximum: 65_535,
    description: 'Port to listen on; 0 picks a free one',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      expected: 'must be like https://pictures.example.org or https://example.org/pictures',
      description: 'Prefix of links in answers (from HOST and PORT; the request’s Host header is never trusted)',
    }),
  ),
  INTERNAL_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]+$',
      description: 'Where workers reach this API, when that is not PUBLIC_URL; used for /samples/ only',
    }),
  ),
  REDIS_URL: Type.String({
    default: 'redis://127.0.0.1:6379',
    pattern: redisUrlPattern,
    expected: redisUrlExpected,
    description: 'Redis of the queue: `redis://`, `rediss://`, or the absolute path of a unix socket',
  }),
  STORAGE: Type.String({ default: 'disk:.data/blobs', description: 'Where files are kept: `disk:<folder>`' }),
  AUTH: Type.Optional(
    Type.Enum(['off', 'required'], {
      description: 'Whether requests need a key (`required` when NODE_ENV is production, else `off`)',
    }),
  ),
  API_KEYS: Type.String({
    default: '',
    secret: true,
    description: `Keys that are accepted: \`name:secret:scope+scope[:tenant]\`, comma separated; scopes: ${apiScopes.join(', ')}`,
  }),
  JWT_SECRET: Type.Optional(
    Type.String({
      minLength: 32,
      secret: true,
      description: 'Secret of HS256 tokens that are accepted besides keys; `sub` is the tenant, `scope` the scopes',
    }),
  ),
  JWKS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://.+$',
      description: 'Public keys of an identity provider whose tokens are accepted (RS, PS, ES, EdDSA; never HS)',
    }),
  ),
  JWT_ISSUER: Type.Optional(Type.String({ description: 'What `iss` of such tokens must be' })),
  JWT_AUDIENCE: Type.Optional(
    Type.String({
      description: 'What `aud` of such tokens must be; with JWKS_URL it is required when NODE_ENV is production',
    }),
  ),
  SIGNING_KEYS: Type.String({
    default: '',
    secret: true,
    description:
      'What signs links and our own tokens: one key of at least 32 characters, or the new one and the old one during a change (one is made and kept in Redis)',
  }),
  LINK_TTL_SECONDS: Type.Integer({
    default: 86_400,
    minimum: 60,
    maximum: hundredYearsSeconds,
    description: 'Least life of a signed link to a picture, in seconds; links are signed where keys are required',
  }),
  RATE_LIMIT: Type.Optional(
    Type.String({
      description:
        '`off`, or quotas for each valid key, or address without one, and each tenant’s links: `requests=600/60,jobs=300/60,images=6000/60` is 600 requests, 300 jobs and 6000 pictures of links in 60 seconds; without `images` these are requests (that where keys are required, else `off`)',
    }),
  ),
  RATE_LIMIT_TIMEOUT_MS: Type.Integer({
    default: 250,
    minimum: 10,
    maximum: longestTimerMs,
    description:
      'Redis is waited for so long to count a quota, in milliseconds; after that the process counts by itself for a second',
  }),
  CORS_ORIGINS: Type.String({
    default: '',
    description: 'Origins of web pages that may call, comma separated, or `*`',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    description: 'Addresses (CIDR, comma separated) of proxies whose X-Forwarded-For is believed',
  }),
  UPLOAD_MAX_BYTES: Type.Integer({ default: 25 * megabytes, minimum: 1, description: 'Largest upload, in bytes' }),
  BATCH_UPLOAD_MAX_BYTES: Type.Integer({
    default: 250 * megabytes,
    minimum: 1,
    description: 'Most bytes of all files of one form, in bytes; several files are a batch',
  }),
  FORMATS: Type.String({ default: '', ...formatsSetting }),
  HEADERS_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: longestTimerMs,
    description: 'Longest time for the headers of a request to arrive, in milliseconds',
  }),
  REQUEST_TIMEOUT_MS: Type.Integer({
    default: 300_000,
    minimum: 1000,
    maximum: longestTimerMs,
    description: 'Longest time for a whole request to arrive, a slow upload included, in milliseconds',
  }),
  REQUEST_STALL_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: longestTimerMs,
    description:
      'When all connections are taken, a new client replaces one whose request has brought less than 1 kB a second for this time, in milliseconds',
  }),
  CONNECTION_REQUESTS: Type.Integer({
    default: 8,
    // One alone would wait for its own body.
    minimum: 2,
    description: 'Most requests under way on one connection; what it sends meanwhile waits in the network',
  }),
  CONNECTIONS_MAX: Type.Optional(
    Type.Integer({
      minimum: 2,
      description:
        'Most connections that are open, and most requests under way, at once. One address, or tenant, may have as many as are left free (one alone half of them), a proxy of TRUST_PROXY all. For a new connection one without a request may be closed (1000 where keys are required, else 10 000)',
    }),
  ),
  WAITING_REQUEST_BYTES: Type.Integer({
    default: 16 * megabytes,
    minimum: megabytes,
    description:
      'Most memory for what connections have sent behind their CONNECTION_REQUESTS or behind answers that they do not read, in bytes; one address may have as much as is left free, and a connection that needs more is closed',
  }),
  ANSWER_MEMORY_BYTES: Type.Integer({
    default: 128 * megabytes,
    minimum: 16 * megabytes,
    description:
      'Most memory for large answers that clients have not taken yet, in bytes; each tenant, or address without a key, may have as much of it as is left free',
  }),
  ANSWER_STALL_MS: Type.Integer({
    default: 30_000,
    minimum: 1000,
    maximum: longestTimerMs,
    description: 'A client that takes nothing of a large answer for so long is cut off, in milliseconds',
  }),
  IDEMPOTENCY_MAX_BYTES: Type.Integer({
    default: 65_536,
    minimum: 16_384,
    description:
      'Largest answer that is remembered for an `Idempotency-Key`, in bytes; the request of a larger one is done anew when it is repeated. Of a thumbnail’s only its id is',
  }),
  QUEUE_MAX: Type.Integer({
    default: 100_000,
    minimum: 1,
    description: 'Most jobs that may wait; above it new ones are refused with `queue_full`',
  }),
  REDIS_MEMORY_MAX: Type.Number({
    default: 0.8,
    minimum: 0.01,
    maximum: 1,
    description: 'Part of Redis’ `maxmemory` above which new jobs are refused with `queue_full`',
  }),
  DISK_FREE_MIN: Type.Number({
    default: 0.05,
    minimum: 0,
    maximum: 1,
    description: 'Part of the disk that must stay free; with less, new jobs are refused with `storage_full`',
  }),
  QUOTA_JOBS: quota('Most jobs that a tenant may keep', '1 000 000'),
  QUOTA_REDIS_BYTES: quota(
    'Most bytes that a tenant may keep in Redis: jobs, palettes, keys, remembered answers',
    'an eighth of Redis’ `maxmemory`',
  ),
  QUOTA_DISK_BYTES: quota('Most bytes of files that a tenant may keep', 'a quarter of the disk'),
  RESULT_TTL_SECONDS: Type.Integer({
    default: 2_592_000,
    minimum: 1,
    maximum: hundredYearsSeconds,
    description: 'Life of a job and its files when the request does not say, in seconds (30 days)',
  }),
  IMAGE_WAIT_MS: Type.Integer({
    default: 10_000,
    minimum: 0,
    maximum: 60_000,
    description: 'How long a link to a picture that is not made yet waits for it, in milliseconds',
  }),
  IMAGE_TTL_SECONDS: Type.Integer({
    default: 86_400,
    minimum: 1,
    maximum: hundredYearsSeconds,
    description:
      'How long the picture of a link is shown before its source is looked at again, in seconds; so long may caches keep it',
  }),
  KEEP_UPLOADS: Type.Boolean({
    default: false,
    description:
      'Whether an uploaded file stays as long as its job; else it is erased some seconds after the job has completed or was cancelled. It holds for jobs that come in from now on',
  }),
  COMPAT_ROUTES: Type.Optional(
    Type.Boolean({
      description: 'Whether the calls of older thumbnail services work (on unless NODE_ENV is production)',
    }),
  ),
  ...librarySettings,
  PRESETS_FILE: Type.Optional(
    Type.String({
      description:
        'JSON file of named options: `{"presets": {"avatar": {"width": 64, "height": 64}}}`; requests say `preset`. `"watermarks": {"logo": {"file": "logo.png"}}` beside them names pictures that are put upon thumbnails, with paths from its folder. It is read when the API starts',
    }),
  ),
  ONLY_PRESETS: Type.Boolean({
    default: false,
    description: 'Whether requests may say presets alone, and no options of their own',
  }),
  SAMPLES: Type.Optional(
    Type.Boolean({ description: 'Whether /samples/ serves pictures to try (on unless NODE_ENV is production)' }),
  ),
  NODE_ENV: Type.Optional(Type.String({ description: '`production` closes what development leaves open' })),
  ...processSettings,
});

/** The settings with everything filled in that depends on others. */
export type ApiSettings = Static<typeof apiSettings> & {
  PUBLIC_URL: string;
  AUTH: 'off' | 'required';
  RATE_LIMIT: string;
  CONNECTIONS_MAX: number;
  COMPAT_ROUTES: boolean;
  SAMPLES: boolean;
};

/** Reads and checks the environment; throws `InvalidSettings`. */
export function readConfig(): ApiSettings {
  return completeSettings(readSettings(apiSettings, process.env));
}

/** Variables that are there and probably were meant to be settings. */
export function readMisspelt(): MisspeltSetting[] {
  return misspeltSettings(Object.keys(process.env), Object.keys(apiSettings.properties));
}

/** Fills in the defaults that depend on other settings; throws `InvalidSettings` for those that contradict each other. */
export function completeSettings(settings: Static<typeof apiSettings>): ApiSettings {
  const { HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS } = settings;
  if (HEADERS_TIMEOUT_MS > REQUEST_TIMEOUT_MS) {
    const whole = `REQUEST_TIMEOUT_MS=${REQUEST_TIMEOUT_MS}, which is the time of the whole request`;
    throw new InvalidSettings(`HEADERS_TIMEOUT_MS=${HEADERS_TIMEOUT_MS} must not be more than ${whole}.`);
  }
  const production = settings.NODE_ENV === 'production';
  const host = ['0.0.0.0', '127.0.0.1', '::', '::1'].includes(settings.HOST) ? 'localhost' : settings.HOST;
  const auth = settings.AUTH ?? (production ? 'required' : 'off');
  const authority = host.includes(':') ? `[${host}]` : host;
  return {
    ...settings,
    PUBLIC_URL: (settings.PUBLIC_URL ?? `http://${authority}:${settings.PORT}`).replace(/\/+$/, ''),
    AUTH: auth,
    RATE_LIMIT: settings.RATE_LIMIT ?? (auth === 'required' ? 'requests=600/60,jobs=300/60,images=6000/60' : 'off'),
    CONNECTIONS_MAX: settings.CONNECTIONS_MAX ?? (auth === 'required' ? 1000 : 10_000),
    COMPAT_ROUTES: settings.COMPAT_ROUTES ?? !production,
    SAMPLES: settings.SAMPLES ?? !production,
    ...(settings.SEARCH_URL !== undefined && { SEARCH_URL: settings.SEARCH_URL.replace(/\/+$/, '') }),
    ...(!production && { LIBRARY_PUBLIC_TENANT: settings.LIBRARY_PUBLIC_TENANT ?? defaultTenant }),
    ...quotasOf(settings, auth),
  };
}

/** What is a part of Redis' memory, or of the disk, is known later. */
function quotasOf(settings: Static<typeof apiSettings>, auth: ApiSettings['AUTH']) {
  if (auth === 'required') return { QUOTA_JOBS: settings.QUOTA_JOBS ?? String(usualQuotas.jobs) };
  const { QUOTA_JOBS = 'off', QUOTA_REDIS_BYTES = 'off', QUOTA_DISK_BYTES = 'off' } = settings;
  return { QUOTA_JOBS, QUOTA_REDIS_BYTES, QUOTA_DISK_BYTES };
}

/** What may be seen of them: in the log, and by the operator. */
export function shownSettings(settings: ApiSettings): Record<string, unknown> {
  return maskSettings(apiSettings, settings);
}

/** The entries of a setting that is a comma separated list. */
export function listOf(setting: string): string[] {
  return setting
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The commit of an image, which its build has left there; empty or undefined where there is none. */
export function readBuiltCommit(): string | undefined {
  return process.env.TINTYPE_COMMIT;
}

/** The worker's settings: the only place where it reads the environment. */
import { availableParallelism } from 'node:os';
import { formatsSetting, type MisspeltSetting, misspeltSettings } from '@tintype/contracts';
import { longestTimerMs, processSettings, readSettings, redisUrlExpected, redisUrlPattern } from '@tintype/runtime';
import Type, { type Static } from 'typebox';

const megabytes = 1024 * 1024;

export const workerSettings = Type.Object({
  REDIS_URL: Type.String({
    default: 'redis://127.0.0.1:6379',
    pattern: redisUrlPattern,
    expected: redisUrlExpected,
    description: 'Redis of the queue: `redis://`, `rediss://`, or the absolute path of a unix socket',
  }),
  STORAGE: Type.String({ default: 'disk:.data/blobs', description: 'Where files are kept: `disk:<folder>`' }),
  FETCH_ALLOW: Type.String({
    default: '',
    description: 'Addresses the fetch guard lets through besides public ones: `host:port` or CIDR, comma separated',
  }),
  FETCH_PORTS: Type.String({
    default: '80,443',
    pattern: '^\\d{1,5}( *, *\\d{1,5})*$',
    description: 'Ports that sources may be fetched from',
  }),
  FETCH_MAX_BYTES: Type.Integer({ default: 25 * megabytes, minimum: 1, description: 'Largest source, in bytes' }),
  FETCH_TIMEOUT_MS: Type.Integer({
    default: 15_000,
    minimum: 100,
    maximum: longestTimerMs,
    description: 'Longest time for one source, redirects included, in milliseconds',
  }),
  FETCH_USER_AGENT: Type.Optional(
    Type.String({
      pattern: '^[!-~]([ -~]{0,198}[!-~])?$',
      expected: 'must be printable ASCII, at most 200 characters',
      description: 'What sources are told of who asks, as `User-Agent` (`Tintype/` and the release)',
    }),
  ),
  FETCH_HEADERS: Type.String({
    default: '',
    secret: true,
    description:
      'Headers for sources at named hosts, as JSON in one line: `{"cdn.example.org":{"Referer":"https://example.org/"}}`. `host:port` for other ports, `http://host` where they may go in the clear; no other host gets them, by a redirect neither. Every tenant fetches with them',
  }),
  SOURCE_CACHE: Type.Boolean({
    default: false,
    description:
      'Whether a source is not asked again for a picture as long as its own Cache-Control or Expires says that it is fresh, a day at most',
  }),
  FETCH_CONCURRENCY: Type.Integer({
    default: 32,
    minimum: 1,
    description: 'Sources fetched at once by a worker; those that take longer than a second are not counted',
  }),
  SOURCE_MEMORY_BYTES: Type.Integer({
    default: 24 * megabytes,
    minimum: 1,
    description:
      'Bytes of sources that a worker holds at once; one source of FETCH_MAX_BYTES, and a quarter of this for tenants that hold little, may come on top',
  }),
  FETCH_PER_HOST: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Sources fetched at once from one host by a worker (a quarter of FETCH_CONCURRENCY)',
    }),
  ),
  WORKER_CONCURRENCY: Type.Integer({
    default: 4,
    minimum: 1,
    description: 'Quick pictures decoded and encoded at once by a worker; each takes a thread, and memory',
  }),
  LONG_PICTURES: Type.Integer({
    default: 2,
    minimum: 1,
    description:
      'Long pictures made at once by a worker beside the others, in its own process or in children; one more for a tenant that has none',
  }),
  LONG_PICTURE_MS: Type.Integer({
    default: 250,
    minimum: 1,
    maximum: longestTimerMs,
    description: 'A picture is long that promises to take a core for more milliseconds, by its header and its options',
  }),
  JPEG_THREADS: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Threads that make small pictures of JPEGs from the first coefficients of their blocks, without libvips (the cores); 0: libvips makes them all',
    }),
  ),
  DECODE_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: longestTimerMs,
    description: 'Longest time for decoding one picture, in milliseconds; hard for every picture that may take long',
  }),
  DECODE_MEMORY_BYTES: Type.Integer({
    default: 512 * megabytes,
    minimum: 64 * megabytes,
    description:
      'Memory for all decodes of a worker at once, by estimate from the header, and hard limit of each decode in a process of its own; a picture that needs more is refused. An eighth is kept for tenants of which nothing is decoded',
  }),
  MAX_MEGAPIXELS: Type.Number({ default: 100, minimum: 0.01, description: 'Largest picture, in megapixels' }),
  MAX_MEGAPIXELS_UNSTREAMED: Type.Number({
    default: 50,
    minimum: 0.01,
    description:
      'Largest picture that is decoded in one piece, in megapixels: interlaced PNG, AVIF, GIF, lossless or transparent WebP, and progressive JPEG that is wanted larger than an eighth',
  }),
  FORMATS: Type.String({ default: '', ...formatsSetting }),
  WATCHDOG_MS: Type.Integer({
    default: 30_000,
    minimum: 0,
    maximum: longestTimerMs,
    description: 'A worker that takes nothing for so long while jobs wait ends, to be started anew; 0: never',
  }),
  WARM_UP: Type.Boolean({
    default: true,
    description:
      'Whether a worker makes pictures of its own before it is ready, some seconds of a core; without, its first jobs take longer',
  }),
  HEALTH_HOST: Type.String({
    default: '127.0.0.1',
    description: 'Address of the worker’s /livez, /readyz and /metrics',
  }),
  HEALTH_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: 'Port of the worker’s /livez, /readyz and /metrics; 0 picks a free one and logs it',
  }),
  STRICT: Type.Boolean({
    default: false,
    description: 'Refuse to start when Redis is not set up to keep what it is given',
  }),
  ...processSettings,
});
/** The settings with everything filled in that depends on others, or on the machine. */
export type WorkerSettings = Static<typeof workerSettings> & { FETCH_PER_HOST: number; JPEG_THREADS: number };

/** Reads and checks the environment; throws `InvalidSettings`. */
export function readConfig(): WorkerSettings {
  const settings = readSettings(workerSettings, process.env);
  return {
    ...settings,
    FETCH_PER_HOST: settings.FETCH_PER_HOST ?? Math.ceil(settings.FETCH_CONCURRENCY / 4),
    JPEG_THREADS: settings.JPEG_THREADS ?? availableParallelism(),
  };
}

/** Variables that are there and probably were meant to be settings. */
export function readMisspelt(): MisspeltSetting[] {
  return misspeltSettings(Object.keys(process.env), Object.keys(workerSettings.properties));
}

/** What a process that decodes inherits of the environment: the allocator, nothing else. */
export function readDecoderEnvironment(): Record<string, string> {
  const { LD_PRELOAD } = process.env;
  return LD_PRELOAD === undefined ? {} : { LD_PRELOAD };
}

/** What a thread of JavaScript inherits: where Node keeps compiled code, if anywhere. */
export function readThreadEnvironment(): Record<string, string> {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}

/**
 * Threads of libuv's pool, in which libvips works and files are opened, read and renamed. Must be called before libvips
 * is loaded, which starts the pool; `UV_THREADPOOL_SIZE` of the environment counts more.
 */
export function setThreadPoolSize(threads: number): void {
  process.env.UV_THREADPOOL_SIZE ??= String(threads);
}

/** The commit of an image, which its build has left there; empty or undefined where there is none. */
export function readBuiltCommit(): string | undefined {
  return process.env.TINTYPE_COMMIT;
}

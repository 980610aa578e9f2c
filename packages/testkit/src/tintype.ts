/** A whole Tintype for a test: a Redis of its own, real API and worker processes, a folder that goes away. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, type EmbeddedRedis, startPrivatePostgres, startRedis } from '@tintype/embedded';
import { endWithTests, spawnWithTests, stoppedWithTests } from './end-with-tests.ts';
import { type IdleLoop, type LoopTurn, loopMeterFlag, readLoopTurns, startIdleLoop } from './loop-meter/loop-meter.ts';
import { type Relay, startRelay } from './relay.ts';

export type TintypeOptions = {
  workers?: number;
  /** Settings of both services, of the API and of the workers. */
  env?: Record<string, string>;
  apiEnv?: Record<string, string>;
  workerEnv?: Record<string, string>;
  /** Whether there is a library: a search service, and a PostgreSQL of its own. */
  keepsLibrary?: boolean;
  /** Whether the loops of all services are metered, and an idle one beside them. */
  metersLoops?: boolean;
  /** Whether the services reach Redis by a name that may lead elsewhere later. */
  movesRedis?: boolean;
};

export type Tintype = {
  /** `http://localhost:<port>`; the same after a restart. */
  url: string;
  /** The present one of each: a restart puts the new process here. */
  redis: RedisUnderTest;
  api: ServiceUnderTest;
  workers: ServiceUnderTest[];
  /** A process with nothing to do beside them; null unless loops are metered. */
  idleLoop: IdleLoop | null;
  /** The name by which the services reach Redis; null unless it may move. */
  relay: Relay | null;
  dataDir: string;
  /** Starts Redis again on the same folder and socket; the one before must be gone. */
  restartRedis(): Promise<RedisUnderTest>;
  /** Starts the API again on the same port; the one before must be gone. */
  restartApi(): Promise<ServiceUnderTest>;
  /** Starts a worker in the place of another one, which must be gone. */
  replaceWorker(gone: ServiceUnderTest): Promise<ServiceUnderTest>;
  stop(): Promise<void>;
};

export type RedisUnderTest = EmbeddedRedis & {
  /** Its exit code when it ends by anything but `stop()`; null when a signal ended it. */
  exited: Promise<number | null>;
};

export type ServiceUnderTest = {
  pid: number;
  /** Everything it has logged, line by line. */
  log: string[];
  /** What its loop did since it was ready; nothing unless it is metered. */
  loopTurns(): LoopTurn[];
  kill(signal: NodeJS.Signals): void;
  exited: Promise<number | null>;
};

/** A free TCP port on the loopback address. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A folder that only this test uses; under the test runner it goes with the tests of the file at the latest. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-test-'));
  endWithTests(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Where the meters of a Tintype's loops write. */
export async function makeLoopFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'loops');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** A Redis of its own without persistence; `stop` removes its folder too. */
export async function startTestRedis(): Promise<EmbeddedRedis> {
  const dataDir = await makeTestFolder();
  const redis = await startRedis({ dataDir, persistent: false });
  return stoppedWithTests({
    ...redis,
    async stop() {
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
}

/** A PostgreSQL of its own, which forgets what the machine's crash would lose; `stop` removes its folder too. */
export async function startTestPostgres(): Promise<EmbeddedPostgres> {
  const dataDir = await makeTestFolder();
  const postgres = await startPrivatePostgres({ dataDir, durable: false });
  return stoppedWithTests({
    ...postgres,
    async stop() {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
}

/** Resolves when every process has said that it is ready. */
export async function startTintype(options: TintypeOptions = {}): Promise<Tintype> {
  const dataDir = await makeTestFolder();
  const loopFolder = options.metersLoops ? await makeLoopFolder(dataDir) : null;
  const launchRedis = () => startRedisUnderTest(join(dataDir, 'redis'));
  const [redis, port] = await Promise.all([launchRedis(), freePort()]);
  const relay = options.movesRedis ? await startRelay(redis.url) : null;
  const shared = {
    REDIS_URL: relay?.url ?? redis.url,
    STORAGE: `disk:${dataDir}/blobs`,
    NODE_ENV: 'test',
    ...options.env,
  };
  const library = options.keepsLibrary ? await startTestLibrary() : null;
  const apiEnv = { ...shared, PORT: String(port), ...library?.apiEnv, ...options.apiEnv };
  const launchApi = () => startService('api', apiEnv, { loopFolder });
  const launchWorker = () =>
    startService('worker', { ...shared, FETCH_ALLOW: `localhost:${port}`, ...options.workerEnv }, { loopFolder });
  const idleLoop = loopFolder === null ? null : await startIdleLoop(loopFolder);
  const [api, ...workers] = await Promise.all([
    launchApi(),
    ...Array.from({ length: options.workers ?? 1 }, launchWorker),
  ]);
  const tintype: Tintype = {
    url: `http://localhost:${port}`,
    redis,
    dataDir,
    api,
    workers,
    idleLoop,
    relay,
    async restartRedis() {
      tintype.redis = await launchRedis();
      return tintype.redis;
    },
    async restartApi() {
      tintype.api = await launchApi();
      return tintype.api;
    },
    async replaceWorker(gone) {
      const worker = await launchWorker();
      workers[workers.indexOf(gone)] = worker;
      return worker;
    },
    async stop() {
      const services = [tintype.api, ...workers];
      for (const service of services) service.kill('SIGTERM');
      await Promise.all(services.map((service) => service.exited));
      await Promise.all([tintype.redis.stop(), library?.stop(), idleLoop?.stop(), relay?.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return tintype;
}

export type TestLibrary = {
  search: ServiceUnderTest;
  /** What the API has to know of it. */
  apiEnv: { SEARCH_URL: string; SEARCH_TIMEOUT_MS: string };
  stop(): Promise<void>;
};

/** The search service with a PostgreSQL of its own. */
export async function startTestLibrary(): Promise<TestLibrary> {
  const [postgres, port] = await Promise.all([startTestPostgres(), freePort()]);
  const search = await startService('search', { DATABASE_URL: postgres.url, SEARCH_PORT: String(port) });
  return {
    search,
    // The machine of the tests may be busy with others.
    apiEnv: { SEARCH_URL: `http://127.0.0.1:${port}`, SEARCH_TIMEOUT_MS: '5000' },
    async stop() {
      search.kill('SIGTERM');
      await search.exited;
      await postgres.stop();
    },
  };
}

async function startRedisUnderTest(dataDir: string): Promise<RedisUnderTest> {
  const { promise: exited, resolve: onExit } = Promise.withResolvers<number | null>();
  return stoppedWithTests({ ...(await startRedis({ dataDir, onExit })), exited });
}

const ownRoot = fileURLToPath(new URL('../../..', import.meta.url));
/** These, and what the environment says below, are those of `npm start`. */
const nodeFlags = ['--conditions=source', '--disable-warning=ExperimentalWarning', '--max-semi-space-size=8'];

/**
 * Each test would pay for a warm start, most of a worker's CPU, and makes few pictures. A machine that is too busy for a
 * download or a decode in time proves nothing. Benches and attacks are no tests.
 */
const usualInTests = { WARM_UP: 'false', FETCH_TIMEOUT_MS: '100000', DECODE_TIMEOUT_MS: '60000' };
const inTests: Record<string, string> = process.env.JEST_WORKER_ID === undefined ? {} : usualInTests;

export type ServiceOptions = {
  /** Folder of another checkout, whose sources run instead of these; its packages are installed. */
  root?: string;
  /** More of Node's own arguments. */
  nodeFlags?: readonly string[];
  /** Where the turns of its loop are written, which is metered then; null for not at all. */
  loopFolder?: string | null;
};

/**
 * Starts one service from its sources and waits until it is ready; rejects with the end of its output when it ends
 * before.
 */
export async function startService(
  service: 'api' | 'worker' | 'search',
  env: Record<string, string>,
  options: ServiceOptions = {},
): Promise<ServiceUnderTest> {
  const { root = ownRoot, nodeFlags: more = [], loopFolder = null } = options;
  const entry = join(root, `services/${service}/src/main.ts`);
  const meterFlags = loopFolder === null ? [] : [loopMeterFlag(loopFolder)];
  const child = spawnWithTests(process.execPath, [...nodeFlags, ...meterFlags, ...more, entry], {
    env: {
      PATH: process.env.PATH,
      ...{ MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' },
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/tintype-code'),
      ...inTests,
      ...env,
    },
  });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => log.push(...text.trimEnd().split('\n')));
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await untilReady(child, exited, log);
  const readyAtMs = Date.now();
  const { pid = 0 } = child;
  const loopTurns = () => (loopFolder === null ? [] : readLoopTurns(loopFolder, pid, readyAtMs));
  return { pid, log, loopTurns, kill: (signal) => void child.kill(signal), exited };
}

async function untilReady(child: ChildProcess, exited: Promise<number | null>, log: string[]): Promise<void> {
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()));
  const early = exited.then((code) => {
    throw new Error(`ended with code ${code} before it was ready:\n${log.slice(-10).join('\n')}`);
  });
  await Promise.race([ready, early]);
}

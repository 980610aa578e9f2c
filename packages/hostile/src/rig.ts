/** A running Tintype to be attacked: API, one worker that is started anew when it dies, an origin, a canary. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { apiScopes } from '@tintype/contracts';
import {
  type Canary,
  type LoopTurn,
  type LoopTurns,
  makeLoopFolder,
  type Origin,
  type ServiceUnderTest,
  startCanary,
  startOrigin,
  startService,
  startTintype,
  type Tintype,
} from '@tintype/testkit';
import { createWatch, type Watch } from './watch.ts';
import { type WorkerMemory, watchWorkerMemory } from './worker-memory.ts';

/** Tenants that take all that they can. */
export type GreedyName = 'greedy' | 'greedy2' | 'greedy3';

export type Rig = {
  /** `http://localhost:<port>` */
  url: string;
  port: number;
  redisUrl: string;
  /** A key with every scope. */
  key: string;
  /** Keys of other tenants for pictures, colours and figures, where tenants are told apart. */
  tenants: Readonly<Record<GreedyName | 'modest', string>>;
  origin: Origin;
  /** A server on loopback that nobody may touch; its port is open to the fetch guard. */
  canary: Canary;
  watch: Watch;
  memory: WorkerMemory;
  apiPid(): number;
  /** Another process in the place of the API: without what the one before has grown to. */
  restartApi(): Promise<void>;
  /** What the meters of the loops have noted since the start. */
  loopTurns(): LoopTurns;
  /** Ends of the API or of a worker that nobody asked for. */
  crashes(): number;
  /** What the API logged as its own fault. */
  defects(): string[];
  stop(): Promise<void>;
};

/** Pictures decoded at once: the promise about memory is for so many. */
const workerConcurrency = 4;
/** Under the 15 s that one job may take, so that a source which uses up all its time leaves some for the rest. */
const fetchTimeoutMs = 12_000;

const key = 'a-key-of-the-rig-with-every-scope';

const tenants: Rig['tenants'] = {
  greedy: 'a-key-of-the-greedy-tenant',
  greedy2: 'a-key-of-the-second-greedy-tenant',
  greedy3: 'a-key-of-the-third-greedy-tenant',
  modest: 'a-key-of-the-modest-tenant',
};

const root = fileURLToPath(new URL('../../..', import.meta.url));

export type RigOptions = {
  fetchTimeoutMs?: number;
  /** Tenants are told apart by their keys; else nobody needs one, and all are the same. */
  hasTenants?: boolean;
  /** What each of them may keep; as much as there is room for unless told. */
  quotas?: { jobs: number; redisBytes: number; diskBytes: number };
};

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const [origin, canary] = await Promise.all([startOrigin(), startCanary()]);
  // Quotas are not what is tried here: every client comes from one address.
  const tintype = await startTintype({
    workers: 0,
    metersLoops: true,
    keepsLibrary: true,
    apiEnv: apiSettings(options),
  });
  const port = Number(new URL(tintype.url).port);
  const workers = await superviseWorker(await makeLoopFolder(tintype.dataDir), {
    REDIS_URL: tintype.redis.url,
    STORAGE: `disk:${tintype.dataDir}/blobs`,
    NODE_ENV: 'test',
    WORKER_CONCURRENCY: String(workerConcurrency),
    FETCH_ALLOW: `${origin.host},localhost:${port}`,
    FETCH_PORTS: `80,443,${canary.port}`,
    DECODE_TIMEOUT_MS: '10000',
    FETCH_TIMEOUT_MS: String(options.fetchTimeoutMs ?? fetchTimeoutMs),
  });
  const apis = followApis(tintype);
  const memory = watchWorkerMemory(workers.pid);
  return {
    url: tintype.url,
    port,
    redisUrl: tintype.redis.url,
    key,
    tenants,
    origin,
    canary,
    watch: createWatch([tintype.dataDir, root]),
    memory,
    apiPid: () => tintype.api.pid,
    restartApi: apis.restart,
    loopTurns: () => ({
      api: apis.all.flatMap((api) => api.loopTurns()),
      worker: workers.loopTurns(),
      idle: tintype.idleLoop?.loopTurns() ?? [],
    }),
    crashes: () => apis.crashes() + workers.crashes(),
    defects: () => apis.all.flatMap(({ log }) => log.filter((line) => line.includes('"level":"error"'))),
    async stop() {
      apis.expectEnd();
      memory.stop();
      await workers.stop();
      await Promise.all([tintype.stop(), origin.close(), canary.close()]);
    },
  };
}

/** Every process of the API that there was, one after another: what each of them did counts. */
function followApis(tintype: Tintype) {
  let crashes = 0;
  let mayEnd = false;
  const all: ServiceUnderTest[] = [];
  const follow = (api: ServiceUnderTest) => {
    all.push(api);
    void api.exited.then(() => (crashes += mayEnd ? 0 : 1));
  };
  const expectEnd = () => {
    mayEnd = true;
  };
  follow(tintype.api);
  return {
    all,
    crashes: () => crashes,
    expectEnd,
    async restart() {
      expectEnd();
      tintype.api.kill('SIGTERM');
      await tintype.api.exited;
      follow(await tintype.restartApi());
      while ((await fetch(`${tintype.url}/readyz`)).status !== 200) await sleep(20);
      mayEnd = false;
    },
  };
}

function apiSettings({ hasTenants, quotas }: RigOptions): Record<string, string> {
  const { jobs = 'off', redisBytes = 'off', diskBytes = 'off' } = quotas ?? {};
  return {
    RATE_LIMIT: 'off',
    API_KEYS: keySetting(),
    AUTH: hasTenants ? 'required' : 'off',
    QUOTA_JOBS: `${jobs}`,
    QUOTA_REDIS_BYTES: `${redisBytes}`,
    QUOTA_DISK_BYTES: `${diskBytes}`,
  };
}

function keySetting(): string {
  const others = Object.entries(tenants).map(([tenant, secret]) => `${tenant}:${secret}:thumbnails+colours+metrics`);
  return [`rig:${key}:${apiScopes.join('+')}`, ...others].join(',');
}

type SupervisedWorker = {
  pid(): number;
  crashes(): number;
  /** Of all processes, one after another. */
  loopTurns(): LoopTurn[];
  stop(): Promise<void>;
};

/** Keeps one worker running; every end but the last is a crash. */
async function superviseWorker(loopFolder: string, env: Record<string, string>): Promise<SupervisedWorker> {
  let crashes = 0;
  let stopping = false;
  const all: ServiceUnderTest[] = [];
  const start = async () => {
    const worker = await startService('worker', env, { loopFolder });
    all.push(worker);
    return worker;
  };
  let current = await start();
  const follow = async (worker: ServiceUnderTest): Promise<void> => {
    await worker.exited;
    if (stopping) return;
    crashes++;
    current = await start();
    await follow(current);
  };
  const following = follow(current);
  return {
    pid: () => current.pid,
    crashes: () => crashes,
    loopTurns: () => all.flatMap((worker) => worker.loopTurns()),
    async stop() {
      stopping = true;
      current.kill('SIGTERM');
      await following;
    },
  };
}

/** One round: a Tintype of its own under load, one fault in its middle, every accepted job followed to its end. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectWorker, disconnect } from '@tintype/redis';
import { type LoopTurns, type ServiceUnderTest, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { type ApiClient, createApiClient, type Exchange } from './api-client.ts';
import { decodeChildren, type Exit, type Fault } from './faults.ts';
import { type FollowedJob, follow } from './following.ts';
import { type LoadTotals, startLoad } from './load.ts';
import { type Moment, untilInTheMiddle } from './moment.ts';
import type { Picture } from './pictures.ts';
import { startReplica } from './replica.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** Everything that was seen, before it is judged. Times are milliseconds since the epoch. */
export type Observation = {
  moment: Moment;
  faultAtMs: number;
  /** When what was taken away was back. */
  overAtMs: number;
  exits: Exit[];
  load: LoadTotals;
  jobs: FollowedJob[];
  /** Ids of completed jobs whose file is not there, or does not have the sha256 that the resource tells. */
  wrongFiles: string[];
  exchanges: readonly Exchange[];
  redisVersion: string;
  /** Everything that the processes have logged, those that are gone included. */
  logs: Record<string, string[]>;
  /** What their loops did, in the same way. */
  loopTurns: LoopTurns;
};

/** A fault that cannot be brought about here; the message says why. */
export class FaultSkipped extends Error {
  override readonly name = 'FaultSkipped';
}

export type RoundOptions = {
  fault: Fault;
  pictures: readonly Picture[];
  /** Most clients hand in no more while so many jobs have not ended. */
  backlog?: number;
  /** How long the load goes on after the fault. */
  afterMs: number;
  /** What goes on, in a few words. */
  onProgress(text: string): void;
};

const workers = 2;
/** Few at once in each worker, so that a short queue is enough for jobs to wait. */
const slots = { FETCH_CONCURRENCY: '4', WORKER_CONCURRENCY: '2' };
const usualBacklog = 64;
const diskMegabytes = 128;
/** When nothing has ended for so long after the load, what has not counts as lost. */
const settleMs = 180_000;
const longestChildWaitMs = 15_000;

/** Throws `FaultSkipped`. */
export async function playRound(options: RoundOptions): Promise<Observation> {
  const { fault, backlog = usualBacklog } = options;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const disk = fault.needsSmallDisk ? await smallDiskOrSkip() : null;
    if (disk) undo.push(disk.remove);
    const origin = await startOrigin();
    undo.push(origin.close);
    const tintype = await startTintype({
      workers,
      metersLoops: true,
      movesRedis: fault.needsReplica === true,
      env: disk ? { STORAGE: `disk:${disk.folder}/blobs` } : {},
      // A machine that is too busy for them proves nothing of faults.
      workerEnv: { ...slots, FETCH_ALLOW: origin.host, FETCH_TIMEOUT_MS: '100000', DECODE_TIMEOUT_MS: '100000' },
    });
    undo.push(tintype.stop);
    const redis = connectWorker(tintype.redis.url);
    undo.push(() => disconnect(redis));
    if (fault.needsReplica) undo.push(async () => process.kill(tintype.redis.pid, 'SIGCONT')); // it may be stopped
    const replica = fault.needsReplica ? await startReplica(redis) : null;
    if (replica) undo.unshift(replica.stop); // services that still run lead there
    const services = rememberServices(tintype);
    const client = createApiClient(tintype.url);
    const following = follow(client);
    undo.push(() => following.settle(0));
    const load = startLoad({ client, following, origin, pictures: options.pictures, backlog });
    undo.push(load.stop);

    options.onProgress('under load');
    if (fault.needsDecodeChild) await decodeChildOrSkip(tintype);
    const moment = await untilInTheMiddle(redis, origin);
    const faultAtMs = Date.now();
    options.onProgress(`the fault, with ${moment.active.length} active jobs and ${moment.waiting} waiting`);
    const exits = await fault.happen({ tintype, redis, disk, replica });
    const overAtMs = Date.now();
    await sleep(options.afterMs);
    services.note();
    options.onProgress('the last requests');
    const totals = await load.stop();
    options.onProgress(`${totals.accepted} accepted, ${following.pending()} of them under way`);
    await following.settle(settleMs);
    const jobs = await following.readAll();
    const wrongFiles = await findWrongFiles(client, jobs);
    const { exchanges } = client;
    const redisVersion = tintype.redis.version;
    return {
      ...{ moment, faultAtMs, overAtMs, exits, load: totals, jobs, wrongFiles },
      ...{ exchanges, redisVersion, logs: services.logs(), loopTurns: services.loopTurns() },
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function smallDiskOrSkip(): Promise<SmallDisk> {
  try {
    return await mountSmallDisk(diskMegabytes);
  } catch (cause) {
    throw new FaultSkipped('this process may not mount a tmpfs', { cause });
  }
}

async function decodeChildOrSkip(tintype: Tintype): Promise<void> {
  if (!existsSync('/proc')) throw new FaultSkipped('child processes are found in /proc, and there is none here');
  for (const deadline = Date.now() + longestChildWaitMs; Date.now() < deadline; await sleep(5)) {
    if (decodeChildren(tintype).length > 0) return;
  }
  throw new FaultSkipped('no worker has a child process that decodes');
}

/** Keeps processes that are replaced later, for what they have left; `note` again after a replacement. */
function rememberServices(tintype: Tintype) {
  const apis = new Set<ServiceUnderTest>();
  const workers = new Set<ServiceUnderTest>();
  const note = () => {
    apis.add(tintype.api);
    for (const worker of tintype.workers) workers.add(worker);
  };
  note();
  const logsOf = (name: string, services: Set<ServiceUnderTest>) =>
    [...services].map(({ pid, log }) => [`${name}-${pid}`, log]);
  return {
    note,
    logs: (): Record<string, string[]> => Object.fromEntries([...logsOf('api', apis), ...logsOf('worker', workers)]),
    loopTurns: (): LoopTurns => ({
      api: [...apis].flatMap((api) => api.loopTurns()),
      worker: [...workers].flatMap((worker) => worker.loopTurns()),
      idle: tintype.idleLoop?.loopTurns() ?? [],
    }),
  };
}

async function findWrongFiles(client: ApiClient, jobs: FollowedJob[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, thumbnail } of jobs) {
    if (thumbnail?.status !== 'completed') continue;
    const bytes = await client.readFile(id);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== thumbnail.renditions?.[0]?.sha256) wrong.push(id);
  }
  return wrong;
}

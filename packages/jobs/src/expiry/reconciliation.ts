/** The slow reconciliation: what crashes have left of files, of the notes who needs them, and of jobs, is put right. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isThumbnailId, thumbnailIdTimeMs } from '@tintype/contracts';
import { defineShardScript, type Shard, tenantKeys } from '@tintype/redis';
import { batchEntry } from '../batches/batch-expiry.ts';
import { pausesLua } from '../bullmq/pauses.ts';
import { bullmqFields, ownFields, queueLua } from '../bullmq/protocol.ts';
import { createListRepair } from '../lists/list-repair.ts';
import { dropGoneSources } from '../sharing/remembered-sources.ts';
import { timeOfNote } from '../usage/blob-notes.ts';
import { startRecount } from '../usage/recount.ts';
import { recountKept } from '../usage/recount-kept.ts';
import { createBlobPins, pinName } from './blob-pins.ts';
import { createBlobReferrers, type EraseBlob } from './blob-referrers.ts';

/** What was put right, each in numbers. */
export type Reconciled = {
  /** Notes that a blob is needed by a job which does not exist any more, or for a time that is over. */
  notes: number;
  /** Files that nobody needs. */
  files: number;
  /** Jobs that wait for nothing: they are back in the queue. */
  jobs: number;
  /** Entries in the index of failed jobs whose job has not failed. */
  failures: number;
  /** Batches that stood in no index: nothing would ever have removed them. */
  batches: number;
  /** Entries in the lists of tenants' jobs that were missing, or stood wrong. */
  lists: number;
  /** Entries of sources whose job is gone. */
  sources: number;
  /** Tenants whose counters were wrong, and records that nobody had counted. */
  counters: number;
};

export type ReconciliationOptions = {
  shard: Shard;
  /** All blobs of the storage, with the time of their last change by the clock of this machine. */
  listBlobs: () => AsyncIterable<{ sha256: string; changedAtMs: number }>;
  eraseBlob: EraseBlob;
  /** What is younger is still on its way. */
  minAgeMs?: number;
  /**
   * Told instead of erasing when so many files seem to be needed by nobody that Redis has rather lost its data, or is
   * another one: then they are left to whoever knows. Without it they are erased, however many they are.
   */
  onManyFiles?: (unneeded: number, all: number) => void;
  /** Told what has been looked through so far. */
  onProgress?: (lookedAt: number, found: Reconciled) => void;
};

export type Reconciliation = {
  /** Looks through everything, in small pieces. Ends early, without an error, when the signal aborts. */
  run(signal?: AbortSignal): Promise<Reconciled>;
};

/** An upload's job exists by then, and every job that a script has moved is where it belongs. */
const usualMinAgeMs = 2 * 3_600_000;
/** A crash leaves few files: this many, or this part of all, may be erased without asking. */
const fewFiles = { count: 100, part: 0.1 };
/** What one command looks at; … */
const batchSize = 100;
/** … others come first: the reconciliation rests for so long after each piece. */
const restMs = 5;

/** A job that is not over, and that stands nowhere, waits for nothing: no worker would ever take it. */
const findStrayJobsLua = `
local found = 0
for at = rest, #ARGV do
  local id = ARGV[at]
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.createdAt}', '${bullmqFields.finishedAt}',
    '${ownFields.cancelledAt}', '${ownFields.deletedAt}')
  local isOpen = f[1] and not f[2] and not f[3] and not f[4]
  if isOpen and not redis.call('ZSCORE', prioritized, id) and not redis.call('ZSCORE', delayed, id)
    and not redis.call('ZSCORE', newer, id) and not redis.call('LPOS', active, id) and not redis.call('LPOS', wait, id)
    and not isAside(id)
  then
    lineUpAgain(id)
    announce('queued', id)
    found = found + 1
  end
end
return found`;

const dropStaleFailuresLua = `
local found = 0
for at = rest, #ARGV do
  if not redis.call('ZSCORE', failed, ARGV[at]) then found = found + redis.call('ZREM', index, ARGV[at]) end
end
return found`;

/** Of one shard. Doing it twice at once changes nothing but the work. */
export function createReconciliation(options: ReconciliationOptions): Reconciliation {
  const { shard, minAgeMs = usualMinAgeMs, onProgress } = options;
  const indexes = [lookAtFailures, lookAtBatches, lookAtLists, lookAtSources];
  const looks = [lookAtNotes, lookAtFiles, lookAtJobs, ...indexes, lookAtCounters].map((create) =>
    create(options, minAgeMs),
  );
  return {
    async run(signal) {
      const found: Reconciled = {
        notes: 0,
        files: 0,
        jobs: 0,
        failures: 0,
        batches: 0,
        lists: 0,
        sources: 0,
        counters: 0,
      };
      let [lookedAt, restedAt] = [0, 0];
      for (const look of looks) {
        for await (const { kind, looked, put } of look(shard.nowMs())) {
          found[kind] += put;
          lookedAt += looked;
          if (signal?.aborted) return found;
          if (lookedAt - restedAt < batchSize) continue;
          onProgress?.(lookedAt, found);
          await sleep(restMs);
          restedAt = lookedAt;
        }
      }
      return found;
    },
  };
}

/** A piece of the work: what was looked at, and what was put right. */
type Piece = { kind: keyof Reconciled; looked: number; put: number };
type Look = (nowMs: number) => AsyncIterable<Piece>;

function lookAtNotes({ shard, eraseBlob }: ReconciliationOptions, minAgeMs: number): Look {
  const { redis, keys } = shard;
  const referrers = createBlobReferrers(shard);
  const pins = createBlobPins(shard);
  const prefix = keys.referrers('');
  return async function* (nowMs) {
    for await (const names of scan(shard, `${prefix}*`)) {
      let put = 0;
      for (const name of names) {
        const notes = Object.entries(await redis.hgetall(name));
        const ids = notes.flatMap(([id, note]) => (isOldNote(id, note, nowMs - minAgeMs) ? [id] : []));
        const exist = await Promise.all(ids.map((id) => redis.exists(keys.job(id))));
        const gone = ids.filter((_, at) => exist[at] === 0);
        for (const id of gone) await referrers.release(name.slice(prefix.length), id, eraseBlob);
        put += gone.length;
        const isPinOver = notes.some(([id, note]) => id === pinName && timeOfNote(note) <= nowMs);
        if (isPinOver && (await pins.unpin(name.slice(prefix.length), eraseBlob))) put += 1;
      }
      yield { kind: 'notes', looked: names.length, put };
    }
  };
}

/** Found first, erased then: how many they are tells whether a crash has left them. */
function lookAtFiles({ shard, listBlobs, eraseBlob, onManyFiles }: ReconciliationOptions, minAgeMs: number): Look {
  const { redis, keys } = shard;
  const referrers = createBlobReferrers(shard);
  return async function* () {
    const unneeded: string[] = [];
    let all = 0;
    for await (const { sha256, changedAtMs } of listBlobs()) {
      all += 1;
      const isYoung = Date.now() - changedAtMs < minAgeMs;
      if (!isYoung && (await redis.exists(keys.referrers(sha256))) === 0) unneeded.push(sha256);
      yield { kind: 'files', looked: 1, put: 0 };
    }
    const isFew = unneeded.length <= Math.max(fewFiles.count, fewFiles.part * all);
    if (onManyFiles && !isFew) return onManyFiles(unneeded.length, all);
    for (const sha256 of unneeded) {
      await referrers.eraseUnneeded(sha256, eraseBlob);
      yield { kind: 'files', looked: 1, put: 1 };
    }
  };
}

function lookAtJobs({ shard }: ReconciliationOptions, minAgeMs: number): Look {
  const prefix = shard.keys.jobPrefix;
  const runFind = defineShardScript(shard, {
    name: 'tintypeFindStrayJobs',
    pieces: [...queueLua, pausesLua],
    fixedKeys: ['active', 'wait'],
    keys: [],
    args: [],
    lua: findStrayJobsLua,
  });
  return async function* (nowMs) {
    for await (const names of scan(shard, `${prefix}*`)) {
      const ids = names.map((name) => name.slice(prefix.length)).filter((id) => isOld(id, nowMs - minAgeMs));
      yield { kind: 'jobs', looked: ids.length, put: ids.length === 0 ? 0 : Number(await runFind({}, {}, ids)) };
    }
  };
}

function lookAtFailures({ shard }: ReconciliationOptions): Look {
  const runDrop = defineShardScript(shard, {
    name: 'tintypeDropStaleFailures',
    fixedKeys: ['failed'],
    keys: ['index'],
    args: [],
    lua: dropStaleFailuresLua,
  });
  return async function* () {
    for await (const names of scan(shard, shard.keys.failures('*', '*'))) {
      for (const index of names) yield* dropStale(index);
    }
  };
  async function* dropStale(index: string): AsyncIterable<Piece> {
    for await (const entries of shard.redis.zscanStream(index, { count: batchSize })) {
      const ids = membersOf(entries);
      if (ids.length > 0)
        yield { kind: 'failures', looked: ids.length, put: Number(await runDrop({ index }, {}, ids)) };
    }
  }
}

/** The sweep of a release that knows no batches takes their entries for jobs that are gone. */
function lookAtBatches({ shard }: ReconciliationOptions): Look {
  const { redis, keys } = shard;
  return async function* () {
    for await (const names of scan(shard, `${keys.batchPrefix}*`)) {
      let put = 0;
      for (const name of names) {
        const expiresAt = await redis.hget(name, 'expiresAt');
        if (expiresAt === null) continue;
        put += await redis.zadd(keys.expiry, 'NX', expiresAt, batchEntry(name.slice(keys.batchPrefix.length)));
      }
      yield { kind: 'batches', looked: names.length, put };
    }
  };
}

/** A list is as a script has left it, so nothing is too young to be looked at. */
function lookAtLists({ shard }: ReconciliationOptions): Look {
  const { jobPrefix, listPrefix } = shard.keys;
  const repair = createListRepair(shard);
  return async function* () {
    for await (const names of scan(shard, `${jobPrefix}*`)) {
      const ids = names.map((name) => name.slice(jobPrefix.length)).filter(isThumbnailId);
      if (ids.length > 0) yield { kind: 'lists', looked: ids.length, put: await repair.listJobs(ids) };
    }
    for await (const names of scan(shard, `${listPrefix}*`)) {
      for (const name of names) {
        for await (const { looked, dropped } of repair.dropGone(name)) yield { kind: 'lists', looked, put: dropped };
      }
    }
  };
}

function lookAtSources({ shard }: ReconciliationOptions): Look {
  return async function* () {
    for await (const { looked, dropped } of dropGoneSources(shard)) yield { kind: 'sources', looked, put: dropped };
  };
}

/** Last: what was put right before is counted as it is now. */
function lookAtCounters({ shard }: ReconciliationOptions): Look {
  const { keys } = shard;
  return async function* () {
    const recount = await startRecount(shard);
    for await (const names of scan(shard, `${keys.jobPrefix}*`)) {
      const ids = names.map((name) => name.slice(keys.jobPrefix.length)).filter(isThumbnailId);
      yield { kind: 'counters', looked: ids.length, put: await recount.addJobs(ids) };
    }
    for await (const names of scan(shard, `${keys.batchPrefix}*`)) {
      await recount.addBatches(names.map((name) => name.slice(keys.batchPrefix.length)));
      yield { kind: 'counters', looked: names.length, put: 0 };
    }
    const blobPrefix = keys.referrers('');
    for await (const names of scan(shard, `${blobPrefix}*`)) {
      await recount.addBlobs(names.map((name) => name.slice(blobPrefix.length)));
      yield { kind: 'counters', looked: names.length, put: 0 };
    }
    yield { kind: 'counters', looked: 0, put: await recount.correct() };
    const palettePrefix = tenantKeys.palettes('');
    const holders: string[] = [];
    for await (const names of scan(shard, `${palettePrefix}*`)) {
      holders.push(...names.map((name) => name.slice(palettePrefix.length)));
      yield { kind: 'counters', looked: names.length, put: 0 };
    }
    yield { kind: 'counters', looked: 0, put: await recountKept(shard, holders) };
  };
}

/** Members and scores stand in turn. */
function membersOf(entries: unknown): string[] {
  return Array.isArray(entries) ? entries.filter((_, at) => at % 2 === 0).map(String) : [];
}

async function* scan({ redis }: Shard, match: string): AsyncIterable<string[]> {
  for await (const names of redis.scanStream({ match, count: batchSize })) {
    if (Array.isArray(names)) yield names.map(String);
  }
}

/**
 * The note of an upload is its time, since the id may be older: it is the first one of a request that was sent again.
 * Others are made by jobs that exist.
 */
function isOldNote(id: string, note: string, beforeMs: number): boolean {
  return isOld(id, beforeMs) && timeOfNote(note) <= beforeMs;
}

/** Ids carry the time at which they were made. */
function isOld(id: string, beforeMs: number): boolean {
  return isThumbnailId(id) && thumbnailIdTimeMs(id) <= beforeMs;
}

/** BullMQ's queue backend for thumbnail jobs: what such a job meets is a script of ours; all else is unsupported. */
import { Problem, thumbnailQueueName } from '@tintype/contracts';
import { type Shard, shardPrefix } from '@tintype/redis';
import type { IQueueBackend, JobJson, JobProgress, MinimalJob } from 'bullmq';
import { laneOf } from '../fair-order.ts';
import { findEnvelope } from '../record/envelope.ts';
import { writeResult } from '../record/stored-job.ts';
import { type AttemptEnd, type AttemptEnds, createAttemptEnds, JobLockLost } from './attempt-ends.ts';
import { type Claim, type Claims, createClaims } from './claim.ts';
import { createHeldJobs, type HeldJobs } from './held-jobs.ts';
import { createIdleWait, type IdleWait } from './idle-wait.ts';
import { createInsert, type Insert } from './insert.ts';
import { createJobLocks, type JobLocks } from './job-locks.ts';
import { createProgressWriter, type WriteProgress } from './progress.ts';
import { UnsupportedOperations } from './unsupported.ts';

export type ThumbnailBackendOptions = {
  shard: Shard;
  /** Recorded with every job that is claimed; no other worker has it. */
  worker: string;
  /** A lock ends by itself after this time unless it is renewed. */
  lockMs: number;
  /** Jobs that may be held at once, at first. */
  limit?: number;
  /** Does a wait for work, and waits out whatever goes wrong with it; null when the worker closes meanwhile. */
  waiting?: (wait: () => Promise<number | null>) => Promise<number | null>;
};

/**
 * What BullMQ's worker is answered: the next job and its id, a pause that is always 0 here, and when the next one is
 * due.
 */
type NextJob = [job: JobJson | null, id: string, rateLimitDelay: 0, delayUntilMs: number];
/** What BullMQ wants to write with the end of an attempt. */
type EndFields = { stacktrace?: string; failedReason?: string };

/** How often a worker that is full looks for jobs of tenants of which it has none. */
const lookForOthersMs = 100;

/** Release 0.1.0 counts workers by how BullMQ names their connections. */
const clientNameOf = (shard: number, worker: string) =>
  `${shardPrefix(shard)}:${Buffer.from(thumbnailQueueName).toString('base64')}:w:${worker}`;

/** Times that BullMQ compares with this machine's clock are told by that clock; all others are Redis'. */
export class ThumbnailBackend extends UnsupportedOperations implements IQueueBackend {
  readonly minimumBlockTimeout = 0.001;
  readonly maximumBlockTimeout = 10;
  readonly qualifiedName: string;
  readonly keys: Record<string, string> = {};
  /** The jobs that are claimed over this backend, until they have left it. */
  readonly held: HeldJobs;
  readonly locks: JobLocks;
  closing: Promise<void> | undefined;
  readonly #shard: Shard;
  readonly #claims: Claims;
  readonly #ends: AttemptEnds;
  readonly #insert: Insert;
  readonly #writeProgress: WriteProgress;
  readonly #idleWait: IdleWait;
  #lookedForOthersAtMs = Number.NEGATIVE_INFINITY;
  readonly #waiting: NonNullable<ThumbnailBackendOptions['waiting']>;

  constructor(options: ThumbnailBackendOptions) {
    super();
    const { shard, worker, lockMs, limit = Number.POSITIVE_INFINITY, waiting = (wait) => wait() } = options;
    this.#waiting = waiting;
    this.#shard = shard;
    this.qualifiedName = `${shardPrefix(shard.number)}:${thumbnailQueueName}`;
    this.held = createHeldJobs(limit);
    this.locks = createJobLocks(shard, { worker, lockMs });
    this.#claims = createClaims(shard, { worker, lockMs });
    this.#ends = createAttemptEnds(shard, { worker, lockMs });
    this.#insert = createInsert(shard);
    this.#writeProgress = createProgressWriter(shard);
    this.#idleWait = createIdleWait(shard, clientNameOf(shard.number, worker));
  }

  toKey = (word: string): string => this.#shard.keys.ofQueue(word);
  clientName = (suffix = ''): string => `${this.qualifiedName}${suffix}`;

  /** Commands wait for their connection by themselves. */
  async waitUntilReady(): Promise<void> {}

  /** The connection for commands is the caller's. */
  async close(): Promise<void> {
    this.closing ??= this.disconnectBlocking();
    await this.closing;
  }

  async disconnect(): Promise<void> {
    await this.disconnectBlocking();
  }

  async setName(name: string): Promise<void> {
    await this.#shard.redis.client('SETNAME', name);
  }

  /** As a job that nobody waits for, in the lane that its data names. */
  async addJob({ name, data }: JobJson, id: string): Promise<string> {
    const envelope = findEnvelope({ envelope: null, data, result: null });
    const version = envelope?.version ?? 1;
    const tenant = envelope?.tenant ?? 'default';
    const lane = laneOf('normal', 'single');
    const blobs = envelope?.blobs ?? [];
    const expiresAtMs = envelope?.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    await this.#insert({ id, name, data, version, tenant, lane, expiresAtMs, blobs, outbox: [] });
    return id;
  }

  addJobs(entries: { job: JobJson; jobId: string }[]): Promise<string[]> {
    return Promise.all(entries.map(({ job, jobId }) => this.addJob(job, jobId)));
  }

  async moveToActive(token: string): Promise<NextJob> {
    const passed = this.held.hasRoom() ? [] : this.#tenantsToPass();
    if (!this.held.hasRoom() && passed.length === 0) return [null, '', 0, 0];
    const endReservation = this.held.reserve();
    try {
      const claim = passed.length > 0 ? this.#claims.nextOfOthers(token, passed) : this.#claims.next(token);
      return this.#nextJob(await claim);
    } finally {
      endReservation();
    }
  }

  async moveToCompleted(
    job: MinimalJob,
    result: unknown,
    _remove: unknown,
    token: string,
    claimsNext: boolean,
  ): Promise<{ result: NextJob | undefined; finishedOn: number }> {
    const id = String(job.id);
    const end = { result: writeResult(result) };
    return this.#ended(id, token, claimsNext, (claims) => this.#ends.complete({ id, token }, end, claims));
  }

  async moveToFailed(
    job: MinimalJob,
    reason: string,
    _remove: unknown,
    token: string,
    claimsNext: boolean,
    fields: EndFields = {},
  ): Promise<{ result: NextJob | undefined; finishedOn: number }> {
    const id = String(job.id);
    const end = {
      ...this.#failedAttempt(id, { ...fields, failedReason: reason }),
      index: this.#failureIndex(job, reason),
    };
    return this.#ended(id, token, claimsNext, (claims) => this.#ends.fail({ id, token }, end, claims));
  }

  async moveToDelayed(
    id: string,
    _nowMs: number,
    delayMs: number,
    token = '',
    { fieldsToUpdate = {}, fetchNext = false }: { fieldsToUpdate?: EndFields; fetchNext?: boolean } = {},
  ): Promise<NextJob | undefined> {
    const attempt = this.#failedAttempt(id, fieldsToUpdate);
    const ended = await this.#ended(id, token, fetchNext, (claims) =>
      this.#ends.delay({ id, token }, attempt, delayMs, claims),
    );
    return ended.result;
  }

  async retryJob(
    id: string,
    _lifo: boolean,
    token = '',
    { fieldsToUpdate = {} }: { fieldsToUpdate?: EndFields } = {},
  ): Promise<void> {
    await this.moveToDelayed(id, 0, 0, token, { fieldsToUpdate });
  }

  async moveJobFromActiveToWait(id: string, token = ''): Promise<number> {
    await this.locks.giveBack({ id, token });
    this.held.remove({ id, token });
    return 0;
  }

  async extendLock(id: string, token: string, durationMs: number): Promise<number> {
    return (await this.locks.renew([{ id, token }], durationMs)).length === 0 ? 1 : 0;
  }

  extendLocks(ids: string[], tokens: string[], durationMs: number): Promise<string[]> {
    const held = ids.map((id, index) => ({ id, token: tokens[index] ?? '' }));
    return this.locks.renew(held, durationMs);
  }

  updateProgress(id: string, progress: JobProgress): Promise<void> {
    return this.#writeProgress(id, progress);
  }

  /** Where no further job may be held, it waits for room instead of work. */
  async waitForJob(seconds: number): Promise<{ member: string; score: number } | null> {
    if (this.closing) return null;
    if (!this.held.hasRoom()) {
      const isLookingForOthers = this.held.tenantsToPass().length > 0;
      await this.held.room(isLookingForOthers ? lookForOthersMs : seconds * 1000);
      return { member: '0', score: 0 };
    }
    const atMs = await this.#waiting(() => this.#idleWait.wait(seconds));
    if (atMs !== null && !this.held.hasRoom()) this.#idleWait.wakeAnother(atMs);
    return atMs === null ? null : { member: '0', score: this.#localTime(atMs) };
  }

  async disconnectBlocking(): Promise<void> {
    this.held.wake();
    this.#idleWait.end();
  }

  /** The next wait connects. */
  async reconnectBlocking(): Promise<void> {}

  /** None so soon after the last time: while all places are taken, jobs of other tenants are looked for now and then. */
  #tenantsToPass(): string[] {
    if (performance.now() - this.#lookedForOthersAtMs < lookForOthersMs) return [];
    this.#lookedForOthersAtMs = performance.now();
    return this.held.tenantsToPass();
  }

  #failedAttempt(id: string, { failedReason = '', stacktrace = '[]' }: EndFields) {
    return { reason: failedReason, attempts: stacktrace, attemptsMade: this.held.attemptsMadeOf(id) + 1 };
  }

  /** Those that were cancelled are not tried again. */
  #failureIndex(job: MinimalJob, reason: string): string | null {
    const { code } = Problem.fromRecord(reason);
    const id = String(job.id);
    const texts = { envelope: this.held.envelopeOf(id), data: JSON.stringify(job.data), result: null };
    const tenant = findEnvelope(texts)?.tenant;
    return code === 'cancelled' || tenant === undefined ? null : this.#shard.keys.failures(tenant, code);
  }

  /** The job has left, even when it was lost before: whoever has it now, it is not held here. */
  async #ended(id: string, token: string, claimsNext: boolean, end: (claimsNext: boolean) => Promise<AttemptEnd>) {
    const held = { id, token };
    const { endedAtMs, next } = await end(claimsNext && this.held.hasRoomOnceOneLeaves()).catch((err) => {
      if (err instanceof JobLockLost) this.held.remove(held);
      throw err;
    });
    this.held.remove(held);
    return { finishedOn: endedAtMs, result: next ? this.#nextJob(next) : undefined };
  }

  #nextJob(claim: Claim): NextJob {
    if (claim.job === null) return [null, '', 0, claim.dueMs === null ? 0 : this.#localTime(claim.dueMs)];
    const { job, token, envelope } = claim;
    this.held.add({ id: job.id, token, envelope, attemptsMade: job.attemptsMade });
    return [job, job.id, 0, 0];
  }

  /** 0, which means at once, stays so. */
  #localTime(redisMs: number): number {
    return redisMs === 0 ? 0 : redisMs + Date.now() - this.#shard.nowMs();
  }
}

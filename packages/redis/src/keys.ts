/** Names of keys. All keys of a shard share one hash tag, so that a cluster keeps them on one node. */
import { thumbnailQueueName } from '@tintype/contracts';

/** The prefix BullMQ and we use for a shard's keys. */
export function shardPrefix(shard: number): string {
  return `{tintype:${shard}}`;
}

/** Every key of a shard. BullMQ's own keys are `<prefix>:<queue>:…`. */
export function keysOf(shard: number) {
  const prefix = shardPrefix(shard);
  return {
    ...{ ...jobKeys(prefix), ...sharingKeys(prefix), ...pausedKeys(prefix), ...usageKeys(prefix) },
    ...bullmqKeys(`${prefix}:${thumbnailQueueName}`),
  };
}

export type ShardKeys = ReturnType<typeof keysOf>;

/** Which job does or did what may serve others too, by fingerprints. */
function sharingKeys(prefix: string) {
  return {
    /** String: the id of the job that does or did this very work. */
    work: (fingerprint: string) => `${prefix}:work:${fingerprint}`,
    /** Hash: by URL, the job that knows what its source said of itself. There are some hundred of these. */
    sources: (bucket: number) => `${prefix}:sources:${bucket}`,
    /** String, as long as its jobs may live: the job whose picture a link shows, and the one that is to take its place. */
    picture: (fingerprint: string) => `${prefix}:picture:${fingerprint}`,
    /** String, likewise: a job of the source of such pictures. */
    pictureSource: (fingerprint: string) => `${prefix}:picture-source:${fingerprint}`,
    /**
     * String, for two minutes: the id of the job that downloads this now, or has lately. It and the next key are called
     * as in release 0.1.0, and stay so.
     */
    download: (fingerprint: string) => `${prefix}:flight:${fingerprint}`,
    /** Sorted set: ids of the jobs that wait for that one, by the time when they began to. */
    followers: (fingerprint: string) => `${prefix}:parked:${fingerprint}`,
  };
}

/** What is kept beside the jobs. */
function jobKeys(prefix: string) {
  return {
    /** Sorted set: id → time of expiry in milliseconds. */
    expiry: `${prefix}:expiry`,
    /** String, for seven days: the tenant of a thumbnail that is gone; and what these begin with. */
    tombstone: (id: string) => `${prefix}:gone:${id}`,
    tombstonePrefix: `${prefix}:gone:`,
    /** What hashes begin with: a batch, its counts, and the problems of its bad items; the id follows. */
    batchPrefix: `${prefix}:batch:`,
    /** Hash whose fields are the ids that need this blob. */
    referrers: (sha256: string) => `${prefix}:blob:${sha256}`,
    /** Set: the blobs that an item of the library keeps. */
    itemBlobs: (itemId: string) => `${prefix}:item-blobs:${itemId}`,
    /** String while a blob is being erased. */
    erasing: (sha256: string) => `${prefix}:erasing:${sha256}`,
    /** Hash of counters over all workers: jobs by outcome, milliseconds per step. */
    totals: `${prefix}:totals`,
    /** String: which worker sweeps now. */
    sweepLease: `${prefix}:sweep`,
    /** String, for a day: which worker has done or does the slow reconciliation. */
    reconciliation: `${prefix}:reconciliation`,
    /** Sorted set: tenant and lane → virtual time until which it has had its share; `*` → the virtual time. */
    fair: `${prefix}:fair`,
    /** What hashes begin with: what a tenant's better jobs have cost its others, by level; the tenant follows. */
    turnPrefix: `${prefix}:turn:`,
    /** String: time of the last look for jobs whose worker has died. */
    recovery: `${prefix}:recovered`,
    /** The same of version 0.1.0, whose workers have no heartbeat: while it changes, one of them lives. */
    firstRecovery: `${prefix}:recovery`,
    /** Hash: name of a worker → its heartbeat. */
    heartbeats: `${prefix}:heartbeats`,
    /** Sorted set: ids of jobs that a living worker could not read, by their score in the queue. */
    newer: `${prefix}:newer`,
    /** Hash: id of a job whose record cannot be read → what is known of it. */
    unreadable: `${prefix}:unreadable`,
    /** Sorted set: id → time of its failure, of one tenant's failed jobs with one problem code. */
    failures: (tenant: string, code: string) => `${prefix}:failures:${code}:${tenant}`,
    /** What sorted sets of a tenant's jobs begin with, each id as its 16 bytes; list and tenant follow. */
    listPrefix: `${prefix}:jobs:`,
    /** Channel on which workers hear what concerns the jobs that they work on. */
    workerMessages: `${prefix}:workers`,
    /** Channel with the id of every job that has ended. */
    endings: `${prefix}:endings`,
    /** Stream, capped: what has happened to jobs. */
    jobEvents: `${prefix}:job-events`,
    /** What hashes begin with: how many jobs have ended in ten minutes; which ones, and the tenant follow. */
    endsPrefix: `${prefix}:ends:`,
    /** String: the time from which on ends are counted there. */
    endsSince: `${prefix}:ends-since`,
    /** What sorted sets begin with of ends of jobs that somebody must hear of; the name of who follows. */
    outboxPrefix: `${prefix}:outbox:`,
  };
}

/** What is counted for tenants. */
function usageKeys(prefix: string) {
  return {
    /** What hashes of counters begin with: what a tenant keeps here; the tenant follows as envelopes name it. */
    usagePrefix: `${prefix}:usage:`,
    /** Set: tenants that keep something, as envelopes name them. */
    usageTenants: `${prefix}:usage-tenants`,
    /** What hashes begin with: hour → bytes of answers that are remembered for a tenant since then. */
    answersPrefix: `${prefix}:answers:`,
  };
}

/** Sorted sets: ids of jobs that wait in a lane that is paused, by their score in the queue. */
function pausedKeys(prefix: string) {
  return {
    pausedHigh: `${prefix}:paused:high`,
    pausedNormal: `${prefix}:paused:normal`,
    pausedLow: `${prefix}:paused:low`,
  };
}

/** BullMQ's own, of the queue of this name. */
function bullmqKeys(queue: string) {
  return {
    /** What hashes of jobs begin with; the id follows. */
    jobPrefix: `${queue}:`,
    /** Hash of a job: its record. */
    job: (id: string) => `${queue}:${id}`,
    /** Lock of a job: exists while a worker is on it. */
    lock: (id: string) => `${queue}:${id}:lock`,
    /** Sorted set of waiting jobs. */
    prioritized: `${queue}:prioritized`,
    /** Sorted set of jobs that wait for their next attempt. */
    delayed: `${queue}:delayed`,
    /** List of jobs whose worker has died; they go first. */
    wait: `${queue}:wait`,
    /** List of jobs that workers hold. */
    active: `${queue}:active`,
    /** Sorted sets of ended jobs, by time. */
    completed: `${queue}:completed`,
    failed: `${queue}:failed`,
    /** Sorted set that wakes idle workers. */
    marker: `${queue}:marker`,
    /** Hash: what is said of the queue itself, as that it is paused. */
    meta: `${queue}:meta`,
    /** Any other key of the queue, by BullMQ's word for it. */
    ofQueue: (word: string) => `${queue}:${word}`,
  };
}

/** Tenants were first kept with shard 0, and have stayed there. */
const tenantPrefix = shardPrefix(0);

/** Every key of what belongs to tenants. */
export const tenantKeys = {
  /** Hash: name of a tenant's palette → its ETag. */
  paletteEtags: (tenant: string) => `${tenantPrefix}:palette-etags:${tenant}`,
  /** Hash: name of a tenant's palette → its colours as JSON. */
  palettes: (tenant: string) => `${tenantPrefix}:palettes:${tenant}`,
  /** Hash: id of an API key → what is known of it, with the hash of its secret, as JSON. */
  apiKeys: `${tenantPrefix}:api-keys`,
  /** Hash: id of an API key → the minute of its last use, in milliseconds. */
  apiKeyUses: `${tenantPrefix}:api-key-uses`,
  /** Hash: id of a secret that signs links that make pictures → what is known of it, with the secret sealed, as JSON. */
  linkKeys: `${tenantPrefix}:link-keys`,
  /** Set: ids of a tenant's secrets. */
  linkKeysOf: (tenant: string) => `${tenantPrefix}:link-keys:${tenant}`,
  /** String: the key that signs links and tokens when the settings name none. */
  signingKey: `${tenantPrefix}:signing-key`,
  /** Hash, for a day: a request under an idempotency key, and its answer. */
  idempotency: (tenant: string, keyHash: string) => `${tenantPrefix}:idempotency:${tenant}:${keyHash}`,
  /** List: batches of feedback that the search service has not taken yet, as JSON, the oldest first. */
  keptFeedback: (tenant: string) => `${tenantPrefix}:feedback:${tenant}`,
  /** Set: tenants that have such batches. */
  keptFeedbackTenants: `${tenantPrefix}:feedback-tenants`,
  /** Prefix of the counters of the rate limits. */
  rateLimits: `${tenantPrefix}:rate:`,
};

/** Names of our own keys. All keys of a shard share one hash tag, so that a cluster keeps them on one node. */

/** The prefix BullMQ and we use for a shard's keys. */
export function shardPrefix(shard: number): string {
  return `{tintype:${shard}}`;
}

/** Every key of ours, by shard. BullMQ's own keys are `<prefix>:<queue>:…`. */
export function keysOf(shard: number) {
  const prefix = shardPrefix(shard);
  return {
    /** Sorted set: id → time of expiry in milliseconds. */
    expiry: `${prefix}:expiry`,
    /** String, for seven days: the tenant of a thumbnail that is gone. */
    tombstone: (id: string) => `${prefix}:gone:${id}`,
    /** Hash whose fields are the ids that need this blob. */
    referrers: (sha256: string) => `${prefix}:blob:${sha256}`,
    /** String while a blob is being erased. */
    erasing: (sha256: string) => `${prefix}:erasing:${sha256}`,
    /** String: the id of the job that does or did this very work. */
    work: (fingerprint: string) => `${prefix}:work:${fingerprint}`,
    /** String, for two minutes: the id of the job that downloads this now, or has lately. */
    flight: (fingerprint: string) => `${prefix}:flight:${fingerprint}`,
    /** Sorted set: ids of the jobs that wait for that one, by the time when they began to. */
    parked: (fingerprint: string) => `${prefix}:parked:${fingerprint}`,
    /** Hash of counters over all workers: jobs by outcome, milliseconds per step. */
    totals: `${prefix}:totals`,
    /** String: which worker sweeps now. */
    sweepLease: `${prefix}:sweep`,
    /** Hash: name of a tenant's palette → its ETag. */
    paletteEtags: (tenant: string) => `${prefix}:palette-etags:${tenant}`,
    /** Hash: name of a tenant's palette → its colours as JSON. */
    palettes: (tenant: string) => `${prefix}:palettes:${tenant}`,
    /** Hash: id of an API key → what is known of it, with the hash of its secret, as JSON. */
    apiKeys: `${prefix}:api-keys`,
    /** Hash: id of an API key → the minute of its last use, in milliseconds. */
    apiKeyUses: `${prefix}:api-key-uses`,
    /** String: the key that signs links and tokens when the settings name none. */
    signingKey: `${prefix}:signing-key`,
    /** Hash, for a day: a request under an idempotency key, and its answer. */
    idempotency: (tenant: string, keyHash: string) => `${prefix}:idempotency:${tenant}:${keyHash}`,
    /** Prefix of the counters of the rate limits. */
    rateLimits: `${prefix}:rate:`,
    /** Sorted set: tenant and lane → virtual time until which its jobs were placed; `*` → the virtual time. */
    fair: `${prefix}:fair`,
    /** String: time of the last look for jobs whose worker has died. */
    recovery: `${prefix}:recovery`,
    /** Sorted set: id → time of its failure, of one tenant's failed jobs with one problem code. */
    failures: (tenant: string, code: string) => `${prefix}:failures:${code}:${tenant}`,
    /** Channel on which workers hear what concerns the jobs in their hands. */
    workerMessages: `${prefix}:workers`,
    /** What BullMQ's hashes of jobs begin with; the id follows. */
    jobPrefix: (queue: string) => `${prefix}:${queue}:`,
    /** BullMQ's hash of a job. */
    job: (queue: string, id: string) => `${prefix}:${queue}:${id}`,
    /** BullMQ's lock of a job: exists while a worker is on it. */
    lock: (queue: string, id: string) => `${prefix}:${queue}:${id}:lock`,
    /** BullMQ's sorted set of waiting jobs. */
    prioritized: (queue: string) => `${prefix}:${queue}:prioritized`,
    /** BullMQ's sorted set of jobs that wait for their next attempt. */
    delayed: (queue: string) => `${prefix}:${queue}:delayed`,
    /** BullMQ's list of jobs whose worker has died; they go first. */
    wait: (queue: string) => `${prefix}:${queue}:wait`,
    /** BullMQ's list of jobs that workers hold. */
    active: (queue: string) => `${prefix}:${queue}:active`,
    /** BullMQ's sorted sets of ended jobs, by time. */
    completed: (queue: string) => `${prefix}:${queue}:completed`,
    failed: (queue: string) => `${prefix}:${queue}:failed`,
    /** BullMQ's sorted set that wakes idle workers. */
    marker: (queue: string) => `${prefix}:${queue}:marker`,
    /** BullMQ's hash about the queue itself. */
    meta: (queue: string) => `${prefix}:${queue}:meta`,
    /** Channel with the id of every job that has ended. */
    endings: `${prefix}:endings`,
    /** BullMQ's stream of events; of ours nobody reads it. */
    events: (queue: string) => `${prefix}:${queue}:events`,
  };
}

export type ShardKeys = ReturnType<typeof keysOf>;

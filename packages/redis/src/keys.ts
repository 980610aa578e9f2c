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
    /** String: the id of the job that did this very work. */
    work: (fingerprint: string) => `${prefix}:work:${fingerprint}`,
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
    /** BullMQ's hash of a job. */
    job: (queue: string, id: string) => `${prefix}:${queue}:${id}`,
    /** BullMQ's lock of a job: exists while a worker is on it. */
    lock: (queue: string, id: string) => `${prefix}:${queue}:${id}:lock`,
    /** BullMQ's sorted set of waiting jobs. */
    prioritized: (queue: string) => `${prefix}:${queue}:prioritized`,
    /** BullMQ's sorted set of jobs that wait for their next attempt. */
    delayed: (queue: string) => `${prefix}:${queue}:delayed`,
    /** BullMQ's stream of events. */
    events: (queue: string) => `${prefix}:${queue}:events`,
  };
}

export type ShardKeys = ReturnType<typeof keysOf>;

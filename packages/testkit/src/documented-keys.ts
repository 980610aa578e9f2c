/** Redis keys by the names in docs/architecture.md: what looks into Redis from outside holds the code to those. */

const prefix = '{tintype:0}';
const queue = `${prefix}:thumbnails`;

/** Of the first shard. */
export const documentedKeys = {
  /** What all of them begin with. */
  prefix,
  /** BullMQ's hash of a job: the record. */
  job: (id: string) => `${queue}:${id}`,
  lock: (id: string) => `${queue}:${id}:lock`,
  /** BullMQ's sets and list of jobs: those that wait, that are delayed, that are active. */
  prioritized: `${queue}:prioritized`,
  delayed: `${queue}:delayed`,
  active: `${queue}:active`,
  expiry: `${prefix}:expiry`,
  /** Ids that need a blob. */
  referrers: (sha256: string) => `${prefix}:blob:${sha256}`,
  tombstone: (id: string) => `${prefix}:gone:${id}`,
  palettes: (tenant: string) => `${prefix}:palettes:${tenant}`,
  paletteEtags: (tenant: string) => `${prefix}:palette-etags:${tenant}`,
  unreadable: `${prefix}:unreadable`,
  apiKeys: `${prefix}:api-keys`,
  apiKeyUses: `${prefix}:api-key-uses`,
};

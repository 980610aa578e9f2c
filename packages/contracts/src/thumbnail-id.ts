/** Ids of thumbnails: UUIDv7 (RFC 9562) whose `rand_a` bits carry the queue shard. */
import { createHash, randomUUID } from 'node:crypto';

/** What an id looks like; anything else is refused before Redis is asked. */
export const thumbnailIdPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
const pattern = new RegExp(thumbnailIdPattern);

export const maxShards = 4096;

/** Whether the text has the form of a thumbnail id. */
export function isThumbnailId(text: string): boolean {
  return pattern.test(text);
}

/**
 * A new id: 48 bits of milliseconds, 12 bits of shard (0 … 4095), 62 random bits.
 * Ids made later sort later to the millisecond.
 */
export function newThumbnailId(shard = 0, nowMs = Date.now()): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const versionAndShard = (0x7000 | (shard & 0xfff)).toString(16);
  // The second half of a UUIDv4 is the same: variant and random bits, which Node draws for many ids at once.
  return `${time.slice(0, 8)}-${time.slice(8)}-${versionAndShard}${randomUUID().slice(18)}`;
}

/**
 * The id of an item of a batch, by its place from 0: time and shard of the batch's own, the place, and 52 bits that only
 * who knows the batch's id can tell. So a request that is sent again finds the items that it had made.
 */
export function batchItemId(batchId: string, index: number): string {
  const digest = createHash('sha256').update(`${batchId}/${index}`).digest('hex');
  const placed = (0x8000 | (index << 4) | Number.parseInt(digest.slice(0, 1), 16)).toString(16);
  return `${batchId.slice(0, 19)}${placed}-${digest.slice(1, 13)}`;
}

/** Between these two ids are those of all items of a batch, and of hardly anything else. */
export function batchItemRange(batchId: string): { oldest: string; newest: string } {
  const made = batchId.slice(0, 19);
  return { oldest: `${made}7fff-ffffffffffff`, newest: `${made}ffff-ffffffffffff` };
}

/** The last of all ids that may be made in this millisecond: behind it are those that were made later. */
export function newestIdOf(timeMs: number): string {
  const time = Math.max(0, Math.min(timeMs, 2 ** 48 - 1))
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7fff-bfff-ffffffffffff`;
}

/** When an id was made, in milliseconds since the epoch by the clock of its maker. */
export function thumbnailIdTimeMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The shard an id was made for. */
export function shardOf(id: string): number {
  return Number.parseInt(id.slice(15, 18), 16);
}

/** Step 6: the thumbnails' files, each under its own hash: work that is done twice writes the same file. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoredRendition } from '@tintype/contracts';
import type { BlobReferrers } from '@tintype/jobs';
import type { MadeRendition } from '@tintype/picture';
import type { BlobStore } from '@tintype/storage';

export type StoreStep = { blobs: BlobStore; referrers: Pick<BlobReferrers, 'retain'> };

/** What is hashed in one turn of the loop: a thumbnail may have many megabytes. */
const hashedPerTurnBytes = 4 * 1024 * 1024;

/** Retained before it is written, so that no sweep erases it in between. */
export async function storeRendition(
  { blobs, referrers }: StoreStep,
  jobId: string,
  { name, width, height, format, bytes }: MadeRendition,
): Promise<StoredRendition> {
  const sha256 = await sha256Of(bytes);
  await referrers.retain(sha256, jobId, bytes.length);
  await blobs.put(sha256, bytes);
  return { name, width, height, format, bytes: bytes.length, sha256 };
}

async function sha256Of(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += hashedPerTurnBytes) {
    if (at > 0) await nextTurn();
    hash.update(bytes.subarray(at, at + hashedPerTurnBytes));
  }
  return hash.digest('hex');
}

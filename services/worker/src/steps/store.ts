/** Step 6: the thumbnail's file under its own hash; twice the same work writes the same bytes to the same place. */
import { createHash } from 'node:crypto';
import type { StoredRendition } from '@tintype/contracts';
import type { EncodedPicture } from '@tintype/imaging';
import type { BlobReferrers } from '@tintype/jobs';
import type { BlobStore } from '@tintype/storage';

export type StoreStep = { blobs: BlobStore; referrers: BlobReferrers };

/** Retained before it is written, so that no sweep erases it in between. */
export async function storeRendition(
  { blobs, referrers }: StoreStep,
  jobId: string,
  name: string,
  picture: EncodedPicture,
): Promise<StoredRendition> {
  const sha256 = createHash('sha256').update(picture.bytes).digest('hex');
  await referrers.retain(sha256, jobId);
  await blobs.put(sha256, picture.bytes).catch(async (err) => {
    await referrers.release(sha256, jobId, blobs.erase);
    throw err;
  });
  const { width, height, format, bytes } = picture;
  return { name, width, height, format, bytes: bytes.length, sha256 };
}

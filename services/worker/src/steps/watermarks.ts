/** Beside step 1: the pictures that are put upon thumbnails, from the storage; the latest few stay decoded. */
import { type NamedRendition, Problem } from '@tintype/contracts';
import type { Retrying } from '@tintype/jobs';
import { decodeWatermark, type Watermarks } from '@tintype/picture';
import { BlobMissing, type BlobStore } from '@tintype/storage';

export type WatermarkReader = (renditions: readonly NamedRendition[], signal: AbortSignal) => Promise<Watermarks>;

/** Of a million pixels each at most. */
const keptDecoded = 4;

/**
 * Throws `unreadable_watermark` for one that is damaged, and `dependency_unavailable` for one that is not in the storage:
 * the API puts it there with the next job that names it.
 */
export function createWatermarkReader({ blobs, retrying }: { blobs: BlobStore; retrying: Retrying }): WatermarkReader {
  const kept = new Map<string, Awaited<ReturnType<typeof decodeWatermark>>>();
  const read = async (sha256: string, signal: AbortSignal) => {
    const pixels = kept.get(sha256) ?? (await decoded(sha256, await retrying(() => readFile(blobs, sha256), signal)));
    // The latest one is the last one.
    kept.delete(sha256);
    kept.set(sha256, pixels);
    const [oldest] = kept.keys();
    if (kept.size > keptDecoded && oldest !== undefined) kept.delete(oldest);
    return pixels;
  };
  return async (renditions, signal) => {
    const found = new Map<string, Awaited<ReturnType<typeof decodeWatermark>>>();
    for (const { watermark } of renditions) {
      if (watermark && !found.has(watermark.sha256)) found.set(watermark.sha256, await read(watermark.sha256, signal));
    }
    return found;
  };
}

async function decoded(sha256: string, file: Buffer): Promise<Awaited<ReturnType<typeof decodeWatermark>>> {
  try {
    return await decodeWatermark(file);
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    throw new Problem(cause.code, { detail: `The watermark with the sha256 ${sha256} cannot be read.`, cause });
  }
}

async function readFile(blobs: BlobStore, sha256: string): Promise<Buffer> {
  try {
    return await blobs.read(sha256);
  } catch (cause) {
    if (!(cause instanceof BlobMissing)) throw cause;
    throw new Problem('dependency_unavailable', { detail: 'The watermark is not in the storage.', cause });
  }
}

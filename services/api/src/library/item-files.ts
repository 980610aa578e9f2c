/** The file of an item: which one it is, and where its bytes come from. */
import { type KeptItem, outputFormats, Problem } from '@tintype/contracts';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { StoredFile } from '../http/send-file.ts';
import { createFilePieces } from '../thumbnails/file-pieces.ts';
import { fileOfItem } from './item-view.ts';

/** Throws the problem that says why there is no such file. */
export type StoredItemFile = (item: KeptItem, name?: string) => StoredFile;

/** As long as an item is there, so are its files, and its words alone may change: a day for caches is little to wait. */
const keptMs = 86_400_000;

export function createItemFiles(blobs: Pick<BlobStore, 'read' | 'open' | 'size'>): StoredItemFile {
  const inPieces = createFilePieces();
  return (item, name) => {
    if (item.status === 'pending') throw new Problem('not_ready', { retryAfterSeconds: 1 });
    const file = fileOfItem(item, name);
    const format = outputFormats.find((one) => one === file?.format);
    if (!file || !format) throw new Problem('not_found', { detail: `The item ${item.id} has no such picture.` });
    const { sha256, bytes } = file;
    return {
      sha256,
      bytes,
      format,
      filename: `${item.id}.${format}`,
      lifeMs: keptMs,
      keepMs: keptMs,
      read: () => blobs.read(sha256).catch(failReading),
      open: async () => inPieces(await blobs.open(sha256).catch(failReading), item.id),
      async requireThere() {
        if ((await blobs.size(sha256).catch(failReading)) === null) throw fileIsGone();
      },
    };
  };
}

function failReading(cause: unknown): never {
  if (cause instanceof BlobMissing) throw fileIsGone(cause);
  throw new Problem('dependency_unavailable', { detail: 'The storage does not answer.', cause });
}

function fileIsGone(cause?: BlobMissing): Problem {
  return new Problem('not_found', { detail: 'The file of this item is gone.', cause });
}

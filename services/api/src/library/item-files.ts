/** The file of an item: which one it is, and where its bytes come from. */
import { type KeptItem, outputFormats, Problem } from '@tintype/contracts';
import type { StoredFile } from '../http/send-file.ts';
import type { BlobFiles } from '../thumbnails/blob-files.ts';
import { fileOfItem } from './item-view.ts';

/** `reader`: whose reads take turns with those of others. Throws the problem that says why there is no such file. */
export type StoredItemFile = (item: KeptItem, reader: string, name?: string) => StoredFile;

/** As long as an item is there, so are its files, and its words alone may change: a day for caches is little to wait. */
const keptMs = 86_400_000;

export function createItemFiles(blobFiles: BlobFiles): StoredItemFile {
  return (item, reader, name) => {
    if (item.status === 'pending') throw new Problem('not_ready', { retryAfterSeconds: 1 });
    const file = fileOfItem(item, name);
    const format = outputFormats.find((one) => one === file?.format);
    if (!file || !format) throw new Problem('not_found', { detail: `The item ${item.id} has no such picture.` });
    const { sha256, bytes } = file;
    const filename = `${item.id}.${format}`;
    const goneProblem = (cause?: unknown) =>
      new Problem('not_found', { detail: 'The file of this item is gone.', cause });
    return {
      sha256,
      bytes,
      format,
      filename,
      lifeMs: keptMs,
      keepMs: keptMs,
      ...blobFiles({ sha256, tenant: reader, goneProblem }),
    };
  };
}

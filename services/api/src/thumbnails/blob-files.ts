/** Files of the storage as answers read them: whole, or in pieces whose reads all answers of the process share. */
import { Problem } from '@tintype/contracts';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { StoredFile } from '../http/send-file.ts';
import { createFilePieces } from './file-pieces.ts';

/** `tenant`: whose reads take turns with those of others; `goneProblem`: what is answered when the file is not there. */
export type BlobFile = { sha256: string; tenant: string; goneProblem: (cause?: BlobMissing) => Problem };

export type BlobFiles = (file: BlobFile) => Pick<StoredFile, 'read' | 'open' | 'requireThere'>;

/** One for the whole API: it bounds how many reads there are at once. */
export function createBlobFiles(blobs: Pick<BlobStore, 'read' | 'open' | 'size'>): BlobFiles {
  const inPieces = createFilePieces();
  return ({ sha256, tenant, goneProblem }) => {
    const failReading = (cause: unknown): never => {
      if (cause instanceof BlobMissing) throw goneProblem(cause);
      throw new Problem('dependency_unavailable', { detail: 'The storage does not answer.', cause });
    };
    return {
      read: () => blobs.read(sha256).catch(failReading),
      open: async () => inPieces(await blobs.open(sha256).catch(failReading), tenant),
      async requireThere() {
        if ((await blobs.size(sha256).catch(failReading)) === null) throw goneProblem();
      },
    };
  };
}

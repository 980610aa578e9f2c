/** Everything that can be done with thumbnails: hand in, look up, act on, fetch the file. A use case a file. */
import { type ActionsOptions, createActions } from './actions.ts';
import type { BlobFiles } from './blob-files.ts';
import { createFiles } from './files.ts';
import { createList, type ListOptions } from './list.ts';
import { createLookUp, type LookUpOptions } from './look-up.ts';
import { createSubmission, type SubmissionOptions } from './submission.ts';

export type ThumbnailsOptions = LookUpOptions &
  ListOptions &
  Omit<SubmissionOptions, 'read'> &
  Omit<ActionsOptions, 'find' | 'read'> & { blobFiles: BlobFiles };

export type Thumbnails = ReturnType<typeof createThumbnails>;

/** Every method throws Problems only; `dependency_unavailable` where Redis is needed and away. */
export function createThumbnails(options: ThumbnailsOptions) {
  const lookUp = createLookUp(options);
  return {
    ...lookUp,
    ...createList(options),
    ...createSubmission({ ...options, read: lookUp.read }),
    ...createActions({ ...options, find: lookUp.find, read: lookUp.read }),
    fileOf: createFiles(options.blobFiles, options.nowMs),
  };
}

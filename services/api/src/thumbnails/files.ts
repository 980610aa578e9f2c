/** The file of a finished thumbnail: which one it is, and where its bytes come from. */
import { defaultRenditionName, Problem, type StoredRendition } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { BlobMissing } from '@tintype/storage';
import { requirePictures, type Viewer } from '../http/caller.ts';
import type { StoredFile } from '../http/send-file.ts';
import type { BlobFiles } from './blob-files.ts';
import { retryAfterSeconds } from './look-up.ts';

/** Finds a rendition's file in a record, without a look at the storage. */
export type FileOf = (record: JobRecord, viewer: Viewer, name?: string) => StoredFile;

/** The result throws the problem that says why there is no such file, or none for this viewer. */
export function createFiles(blobFiles: BlobFiles, nowMs: () => number): FileOf {
  return (record, viewer, name) => {
    requirePictures(viewer);
    const { id, status, problem, result, data } = record;
    if (status === 'cancelled') throw missing('The job was cancelled.');
    if (problem !== null) throw missing(`The job failed: ${problem.message}`);
    if (result === null) throw new Problem('not_ready', { retryAfterSeconds });
    if (data.order.renditions.length === 0) throw missing('No thumbnail was made: the job was for the colours alone.');
    const rendition = renditionCalled(name, result.renditions);
    if (!rendition) throw missing(`There is no rendition ${JSON.stringify(name)}; ${namesOf(result.renditions)}.`);
    const { sha256, bytes, format } = rendition;
    return {
      sha256,
      bytes,
      format,
      filename: `${id}.${format}`,
      lifeMs: data.expiresAtMs - nowMs(),
      ...blobFiles({ sha256, tenant: data.tenant, goneProblem: fileIsGone }),
    };
  };
}

/** Without a name the one that is called so by default, or else the first. */
function renditionCalled(
  name: string | undefined,
  renditions: readonly StoredRendition[],
): StoredRendition | undefined {
  const named = renditions.find((candidate) => candidate.name === (name ?? defaultRenditionName));
  return named ?? (name === undefined ? renditions[0] : undefined);
}

function namesOf(renditions: readonly StoredRendition[]): string {
  return `there ${renditions.length === 1 ? 'is' : 'are'} ${renditions.map(({ name }) => name).join(', ')}`;
}

function missing(detail: string): Problem {
  return new Problem('not_found', { detail });
}

function fileIsGone(cause?: BlobMissing): Problem {
  return new Problem('expired', { detail: 'The file of this thumbnail is gone.', cause });
}

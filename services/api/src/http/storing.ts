/** What the storage does not take is no fault of the client. */
import { Problem } from '@tintype/contracts';
import { isStorageFailure } from '@tintype/storage';

/** A full disk is not the client's fault, and passes. */
export async function storing<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (err) {
    if (!isStorageFailure(err)) throw err;
    throw new Problem('dependency_unavailable', { detail: 'The storage does not take the file.', cause: err });
  }
}

/** Picks the back end that the STORAGE setting names. */
import type { BlobStore } from './blob-store.ts';
import { createDiskStore } from './disk-store.ts';

/** `disk:<folder>`; throws an Error that says so for anything else. */
export function openBlobStore(setting: string): BlobStore {
  const folder = setting.startsWith('disk:') ? setting.slice('disk:'.length) : '';
  if (folder === '') throw new Error(`STORAGE=${setting} is not known here; expected disk:<folder>`);
  return createDiskStore(folder);
}

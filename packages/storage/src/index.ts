/** Blobs by content: one interface, a disk back end. */
export {
  BlobMissing,
  type BlobStore,
  type IncomingBlob,
  isStorageFailure,
  type OpenBlob,
  type ReceiveOptions,
} from './blob-store.ts';
export { createDiskStore } from './disk-store.ts';
export { openBlobStore } from './open-store.ts';

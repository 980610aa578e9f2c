/** Blobs by content: one interface, a disk back end. */
export {
  BlobMissing,
  type BlobStore,
  type FreeSpace,
  type IncomingBlob,
  isStorageFailure,
  type OpenBlob,
  type ReceiveOptions,
} from './blob-store.ts';
export { createDiskStore } from './disk-store.ts';
export { makeFolder } from './make-folder.ts';
export { openBlobStore } from './open-store.ts';
export { type SpaceMonitor, startSpaceMonitor } from './space-monitor.ts';

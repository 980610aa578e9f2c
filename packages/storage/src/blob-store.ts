/** What a blob store is: bytes named by their sha256, written once, read whole or in parts. */

/** A blob that is on its way in: in the store, but without its name until `commit`. */
export type IncomingBlob = {
  sha256: string;
  bytes: number;
  /** Gives it its name. Doing so for bytes that are already there changes nothing. */
  commit(): Promise<void>;
  /** Forgets it. */
  discard(): Promise<void>;
};

export type ReceiveOptions = {
  /** More bytes end in `payload_too_large`, before they are written. */
  maxBytes: number;
  /**
   * Called once with the first bytes (512, or all there are); what it throws ends the reception. An empty stream
   * reaches it as an empty array.
   */
  inspectHead?: (head: Buffer) => void;
};

/** A blob that is being read in parts. It stays whole though it be erased meanwhile. */
export type OpenBlob = {
  /** Fills this with bytes from that one on; resolves with how many: at least one. Throws when there are none, and once closed. */
  readInto(into: Buffer, start: number): Promise<number>;
  close(): Promise<void>;
};

/** Of the disk that the store is on. */
export type FreeSpace = { freeBytes: number; totalBytes: number };

/** One interface for every back end; test/conformance.ts says what each must do. */
export type BlobStore = {
  /** Streams bytes in, hashing as they come; nothing stays behind when it fails. */
  receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<IncomingBlob>;
  /** Stores bytes that are in memory under the sha256 they have. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** The whole blob; throws `BlobMissing`. */
  read(sha256: string): Promise<Buffer>;
  /** For reading it in parts; throws `BlobMissing`. Whoever opens it closes it. */
  open(sha256: string): Promise<OpenBlob>;
  /** Size in bytes, or null when there is no such blob. */
  size(sha256: string): Promise<number | null>;
  /**
   * Erasing what is not there changes nothing. `isUnneeded` is asked when nobody finds the blob any more, and before its
   * bytes are lost: with false, or when it throws, the blob is back.
   */
  erase(sha256: string, isUnneeded?: () => Promise<boolean>): Promise<void>;
  /** All blobs that have a name, in no order, with the time of their last change by the clock of the storage. */
  list(): AsyncIterable<{ sha256: string; changedAtMs: number }>;
  /** Removes what receptions left behind whose process died; `olderThanMs` spares those that still run. */
  tidy(olderThanMs: number): Promise<void>;
  /** How much more it can take; null for a store without an end. */
  freeSpace(): Promise<FreeSpace | null>;
  /** Throws when blobs cannot be written or read now. */
  check(): Promise<void>;
};

/** The blob was there once, or never: expired, erased, or the store was emptied. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}

/**
 * Whether the storage is full, away or not readable just now: an error of the system, where the same may well succeed
 * later. Ask it of what a store has thrown only. That a client has hung up in the middle of its upload is another
 * matter.
 */
export function isStorageFailure(err: unknown): boolean {
  if (typeof err !== 'object' || err === null || !('code' in err) || !('syscall' in err)) return false;
  return err.code !== 'ECONNRESET' && err.code !== 'EPIPE';
}

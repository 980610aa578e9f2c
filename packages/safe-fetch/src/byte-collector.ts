/** Gathers a body into one buffer within its cap, and hashes it on the way. */
import { createHash } from 'node:crypto';
import type { SourceBuffers } from './source-buffers.ts';

/** Bytes are hashed in strides of this size, however small the pieces are in which they come. */
const strideBytes = 65_536;

/** `release` says that nobody reads the bytes any more. */
export type CollectedBytes = { bytes: Buffer; sha256: string; release: () => void };

/**
 * One growing buffer rather than a list of pieces: a hostile source can send its bytes one per chunk, and each piece
 * would cost a hundred times its size. `announcedBytes` (from Content-Length) only chooses the first size; memory that
 * is never written to is never made resident.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  readonly #buffers: SourceBuffers;
  readonly #hash = createHash('sha256');
  #buffer: Buffer;
  #length = 0;
  #hashed = 0;

  constructor(maxBytes: number, announcedBytes: number | null, buffers: SourceBuffers) {
    this.#maxBytes = maxBytes;
    this.#buffers = buffers;
    this.#buffer = buffers.take(Math.min(announcedBytes ?? strideBytes, maxBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** Copies the piece; false, and nothing taken, when it would exceed `maxBytes`. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    if (length - this.#hashed >= strideBytes) this.#hashSoFar();
    return true;
  }

  /** The bytes and their SHA-256 in hexadecimal; to be called once. After `release` the bytes are another body's. */
  finish(): CollectedBytes {
    this.#hashSoFar();
    const buffer = this.#buffer;
    let isReleased = false;
    return {
      bytes: buffer.subarray(0, this.#length),
      sha256: this.#hash.digest('hex'),
      release: () => {
        if (!isReleased) this.#buffers.giveBack(buffer);
        isReleased = true;
      },
    };
  }

  #grow(neededBytes: number): void {
    const larger = this.#buffers.take(Math.min(this.#maxBytes, Math.max(2 * this.#buffer.length, neededBytes)));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffers.giveBack(this.#buffer);
    this.#buffer = larger;
  }

  #hashSoFar(): void {
    this.#hash.update(this.#buffer.subarray(this.#hashed, this.#length));
    this.#hashed = this.#length;
  }
}

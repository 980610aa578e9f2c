/** Gathers a body into one buffer within its cap, and hashes it on the way. */
import { createHash } from 'node:crypto';

/** Bytes are hashed in strides of this size, however small the pieces are in which they come. */
const strideBytes = 65_536;

/**
 * One growing buffer rather than a list of pieces: a hostile source can send its bytes one per chunk, and each piece
 * would cost a hundred times its size. `announcedBytes` (from Content-Length) only chooses the first size; memory that
 * is never written to is never made resident.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  readonly #hash = createHash('sha256');
  #buffer: Buffer;
  #length = 0;
  #hashed = 0;

  constructor(maxBytes: number, announcedBytes: number | null) {
    this.#maxBytes = maxBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(announcedBytes ?? strideBytes, maxBytes));
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

  /** The bytes and their SHA-256 in hexadecimal; to be called once. */
  finish(): { bytes: Buffer; sha256: string } {
    this.#hashSoFar();
    return { bytes: this.#buffer.subarray(0, this.#length), sha256: this.#hash.digest('hex') };
  }

  #grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(2 * this.#buffer.length, neededBytes)));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }

  #hashSoFar(): void {
    this.#hash.update(this.#buffer.subarray(this.#hashed, this.#length));
    this.#hashed = this.#length;
  }
}

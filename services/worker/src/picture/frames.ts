/** Messages on a pipe: each is a length of four bytes and so many bytes. */

const lengthBytes = 4;

/** The frame of a message, as pieces to be written one after the other. */
export function frameOf(message: Uint8Array): [length: Buffer, message: Uint8Array] {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(message.length);
  return [length, message];
}

/** The other side said more than it may. */
export class FrameTooLarge extends Error {
  override readonly name = 'FrameTooLarge';
}

/** Takes a whole message; answers with the cap of the next one in bytes, or null when it was the last. */
export type FrameListener = (message: Buffer) => number | null;

/**
 * Puts messages together from pieces of any size. Each byte is copied once, as it comes: megabytes at once would keep
 * others waiting. Bytes after the last message are left out.
 */
export class FrameReader {
  readonly #listen: FrameListener;
  readonly #head = Buffer.alloc(lengthBytes);
  #maxBytes: number | null;
  /** The message that comes in; null while its length does. */
  #message: Buffer | null = null;
  #filled = 0;

  constructor(firstMaxBytes: number, listen: FrameListener) {
    this.#maxBytes = firstMaxBytes;
    this.#listen = listen;
  }

  /** Throws `FrameTooLarge` as soon as a length says so, and what the listener throws. */
  add(piece: Uint8Array): void {
    for (let at = 0; this.#maxBytes !== null && at < piece.length; ) {
      const target = this.#message ?? this.#head;
      const taken = Math.min(piece.length - at, target.length - this.#filled);
      target.set(piece.subarray(at, at + taken), this.#filled);
      at += taken;
      this.#filled += taken;
      if (this.#filled === target.length) this.#complete(this.#maxBytes);
    }
  }

  #complete(maxBytes: number): void {
    this.#filled = 0;
    if (this.#message === null) {
      const length = this.#head.readUInt32BE();
      if (length > maxBytes) throw new FrameTooLarge(`${length} bytes`);
      this.#message = Buffer.allocUnsafeSlow(length);
      if (length > 0) return;
    }
    const whole = this.#message;
    this.#message = null;
    this.#maxBytes = this.#listen(whole);
  }
}

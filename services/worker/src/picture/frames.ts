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

/** Takes pieces as they come until `count` messages are whole; each has a cap of its own. Bytes after the last are left out. */
export class FrameReader {
  readonly #maxBytes: readonly number[];
  readonly #messages: Buffer[] = [];
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: readonly number[]) {
    this.#maxBytes = maxBytes;
  }

  /** All messages once they are there, else null. Throws `FrameTooLarge` as soon as a length says so. */
  add(piece: Buffer): Buffer[] | null {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#messages.length < this.#maxBytes.length) {
      const length = this.#nextLength();
      if (length === null || this.#bytes < lengthBytes + length) return null;
      const all = this.#joined();
      this.#messages.push(all.subarray(lengthBytes, lengthBytes + length));
      const rest = all.subarray(lengthBytes + length);
      this.#pieces = [rest];
      this.#bytes = rest.length;
    }
    return this.#messages;
  }

  #nextLength(): number | null {
    if (this.#bytes < lengthBytes) return null;
    const head = this.#pieces[0];
    const length = (head && head.length >= lengthBytes ? head : this.#joined()).readUInt32BE();
    if (length > (this.#maxBytes[this.#messages.length] ?? 0)) throw new FrameTooLarge(`${length} bytes`);
    return length;
  }

  #joined(): Buffer {
    const [only] = this.#pieces;
    if (only && this.#pieces.length === 1) return only;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}

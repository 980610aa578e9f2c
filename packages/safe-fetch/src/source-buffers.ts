/** Memory for bodies that is used again: half a megabyte thrown away for each picture is much garbage. */

/** Sizes are powers of two between these. */
const smallestBytes = 65_536;
const largestBytes = 1_048_576;
/** Of all buffers that wait to be used again. */
const maxIdleBytes = 32 * 1_048_576;

/**
 * Shared memory, so that a thread can read a body where it is. Not for large bodies: they are not kept, and of shared
 * memory that nobody needs V8 does not know how much there is.
 */
export class SourceBuffers {
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** A buffer of at least so many bytes, with whatever was in it before. */
  take(bytes: number): Buffer {
    if (bytes > largestBytes) return Buffer.allocUnsafeSlow(bytes);
    const size = Math.max(smallestBytes, 2 ** Math.ceil(Math.log2(bytes)));
    const idle = this.#idle.get(size)?.pop();
    if (!idle) return Buffer.from(new SharedArrayBuffer(size));
    this.#idleBytes -= size;
    return idle;
  }

  /** For what nobody reads any more. */
  giveBack(buffer: Buffer): void {
    const size = buffer.length;
    if (size > largestBytes || this.#idleBytes + size > maxIdleBytes) return;
    this.#idleBytes += size;
    const others = this.#idle.get(size);
    if (others) others.push(buffer);
    else this.#idle.set(size, [buffer]);
  }
}

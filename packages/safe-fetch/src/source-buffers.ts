/** Memory for bodies that is used again: half a megabyte thrown away for each picture keeps the garbage collector busy. */

/** Sizes are powers of two between these. */
const smallestBytes = 65_536;
const largestBytes = 1_048_576;
/** Of all buffers that wait to be used again. */
const maxIdleBytes = 16 * 1_048_576;

/** Shared memory, so that a thread can read a body where it is. */
export class SourceBuffers {
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** A buffer of at least so many bytes, with whatever was in it before. */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes);
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

/** Beyond the largest, exactly what is needed: never made resident before it is written, and not kept. */
function sizeFor(bytes: number): number {
  if (bytes > largestBytes) return bytes;
  return Math.max(smallestBytes, 2 ** Math.ceil(Math.log2(bytes)));
}

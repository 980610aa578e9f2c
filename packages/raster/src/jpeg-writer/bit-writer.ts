/** Writes the bytes and bits of a JPEG into a growing buffer. */

const firstBytes = 8192;
/** More than one call ever adds. */
const spareBytes = 8;

export class BitWriter {
  #buffer = Buffer.allocUnsafeSlow(firstBytes);
  #length = 0;
  /** Bits that do not yet make a byte, from the right. */
  #pending = 0;
  #pendingCount = 0;

  bytes(...values: number[]): void {
    this.#ensure(values.length);
    for (const value of values) this.#buffer[this.#length++] = value;
  }

  /** A marker and its segment, whose length is counted here. */
  segment(marker: number, body: readonly number[]): void {
    const length = body.length + 2;
    this.bytes(0xff, marker, length >> 8, length & 255, ...body);
  }

  /** The last `count` bits of the value, 16 at most; a byte 0xff is followed by 0 (T.81 B.1.1.5). */
  bits(value: number, count: number): void {
    this.#ensure(spareBytes);
    this.#pending = (this.#pending << count) | value;
    this.#pendingCount += count;
    while (this.#pendingCount >= 8) {
      this.#pendingCount -= 8;
      const byte = (this.#pending >>> this.#pendingCount) & 255;
      this.#buffer[this.#length++] = byte;
      if (byte === 0xff) this.#buffer[this.#length++] = 0;
    }
  }

  /** Fills the last byte with ones. */
  finishBits(): void {
    if (this.#pendingCount > 0) this.bits((1 << (8 - this.#pendingCount)) - 1, 8 - this.#pendingCount);
  }

  toBuffer(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #ensure(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * this.#buffer.length + more);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

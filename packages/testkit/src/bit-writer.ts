/** Writes numbers of a few bits, the lowest bit first, as DEFLATE and lossless WebP have them. */
export class BitWriter {
  readonly #bits: number[] = [];

  put(value: number, bits: number): this {
    for (let bit = 0; bit < bits; bit += 1) this.#bits.push((value >> bit) & 1);
    return this;
  }

  /** The same again and again. */
  repeated(times: number): BitWriter {
    const many = new BitWriter();
    for (let at = 0; at < times; at += 1) many.#bits.push(...this.#bits);
    return many;
  }

  /** Filled up with zeros. */
  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, at) => {
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (at & 7));
    });
    return bytes;
  }
}

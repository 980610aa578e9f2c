/** Boxes of a file of the ISO base media family (ISO/IEC 14496-12), as far as a stranger's file has them. */

export type Box = {
  type: string;
  inside: Buffer;
  /** Where its head begins, among the bytes that it was read from. */
  at: number;
};

/** More are not usual, and looked at by a child. */
const maxBoxes = 65_536;

/** The boxes that stand one behind the other; one that is cut off is there with what is left of it. */
export function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length && boxes.length < maxBoxes; ) {
    const told = bytes.readUInt32BE(at);
    const isLong = told === 1 && at + 16 <= bytes.length;
    const headBytes = isLong ? 16 : 8;
    const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : told === 0 ? bytes.length - at : told;
    if (size < headBytes) break;
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      inside: bytes.subarray(at + headBytes, at + size),
      at,
    });
    at += size;
  }
  return boxes;
}

/** A box of fewer than 4 GB. */
export function boxOf(type: string, ...inside: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(inside.reduce((sum, { length }) => sum + length, head.length));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...inside]);
}

/** Big-endian, of 1, 2 or 4 bytes each. */
export function numbersOf(bytes: 1 | 2 | 4, ...values: readonly number[]): Buffer {
  const data = Buffer.alloc(bytes * values.length);
  for (const [nth, value] of values.entries()) data.writeUIntBE(value, nth * bytes, bytes);
  return data;
}

/** Of the first box of this type; nothing where there is none. */
export function insideOf(boxes: readonly Box[], type: string): Buffer {
  return boxes.find((box) => box.type === type)?.inside ?? Buffer.alloc(0);
}

/** Reads numbers one behind the other; behind the end all are 0, and `isOver` says so. */
export class NumberReader {
  isOver = false;
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Big-endian, without sign, of 0 to 4 or of 8 bytes. */
  next(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.length || (bytes > 4 && bytes !== 8)) this.isOver = true;
    if (this.isOver || bytes === 0) return 0;
    return bytes === 8 ? Number(this.#bytes.readBigUInt64BE(from)) : this.#bytes.readUIntBE(from, bytes);
  }

  /** As many as there are: who says that there are more is not believed. */
  list<Value>(count: number, next: () => Value): Value[] {
    const values: Value[] = [];
    while (values.length < count && !this.isOver) values.push(next());
    return values;
  }

  text(bytes: number): string {
    const from = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.length) this.isOver = true;
    return this.#bytes.toString('latin1', from, this.#at);
  }
}

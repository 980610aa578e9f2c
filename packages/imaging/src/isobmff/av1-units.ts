/** Open bitstream units, of which the data of an AV1 picture is made (AV1, 5.3). */

export type Av1Unit = { type: number; inside: Buffer };

/** One after the other: a head of a byte or two, a size unless it is the last one, and as many bytes as are there. */
export function* av1UnitsOf(data: Buffer): Generator<Av1Unit> {
  for (let at = 0; at < data.length; ) {
    const head = data[at] ?? 0;
    const sizeAt = at + ((head & 4) === 0 ? 1 : 2);
    const { value, end } = (head & 2) === 0 ? { value: data.length, end: sizeAt } : readSize(data, sizeAt);
    yield { type: (head >> 3) & 15, inside: data.subarray(end, end + value) };
    at = end + value;
  }
}

/** AV1, 4.10.5: seven bits a byte, the lowest first. */
function readSize(data: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  for (let nth = 0; nth < 8; nth += 1) {
    const byte = data[from + nth] ?? 0;
    value += (byte & 127) * 128 ** nth;
    if (byte < 128) return { value, end: from + nth + 1 };
  }
  return { value, end: data.length };
}

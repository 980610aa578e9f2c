/** A small JPEG that is valid and takes seconds to decode: every bit of every coefficient has a scan of its own. */

const segment = (marker: number, body: readonly number[]) => [
  0xff,
  marker,
  (body.length + 2) >> 8,
  (body.length + 2) & 255,
  ...body,
];
const word = (value: number) => [value >> 8, value & 255];

/** A Huffman table of the one code `0`. */
const huffmanTable = (kind: number, symbol: number) => segment(0xc4, [kind, 1, ...Array<number>(15).fill(0), symbol]);

/** Bits as entropy-coded bytes: padded with ones, 0xff escaped. */
function entropyCoded(bits: string): number[] {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const bytes = padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte]));
}

/** "Nothing in the next so many blocks": code 0 (the symbol says 14 extra bits), then the run beyond 2¹⁴. */
function emptyBlocks(blocks: number): string {
  let bits = '';
  for (let left = blocks; left > 0; ) {
    const run = Math.min(left, 2 ** 15 - 1);
    if (run < 2 ** 14) return bits + '0'.padEnd(15, '0'); // a longer run than there are blocks is cut by the scan's end
    bits += `0${(run - 2 ** 14).toString(2).padStart(14, '0')}`;
    left -= run;
  }
  return bits;
}

/** A grey square in progressive JPEG (ITU T.81 annex G) of some 900 scans; 4096 pixels a side take about 2 s. */
export function slowJpeg(sidePixels: number, maxScans = 900): Buffer {
  const blocks = Math.ceil(sidePixels / 8) ** 2;
  const scan = (first: number, last: number, high: number, low: number, bits: string) => [
    ...segment(0xda, [1, 1, 0, first, last, (high << 4) | low]),
    ...entropyCoded(bits),
  ];
  const head = [
    ...segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    ...segment(0xc2, [8, ...word(sidePixels), ...word(sidePixels), 1, 1, 0x11, 0]),
    ...huffmanTable(0x00, 0),
    ...huffmanTable(0x10, 0xe0),
  ];
  const scans = [scan(0, 0, 0, 0, '0'.repeat(blocks))];
  const nothing = emptyBlocks(blocks);
  for (let low = 13; low >= 0; low -= 1) {
    for (let at = 1; at < 64; at += 1) scans.push(scan(at, at, low === 13 ? 0 : low + 1, low, nothing));
  }
  return Buffer.from([0xff, 0xd8, ...head, ...scans.slice(0, maxScans).flat(), 0xff, 0xd9]);
}

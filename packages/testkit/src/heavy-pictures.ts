/** Small pictures that are valid and take their decoder far more than their size tells. */
import { deflateRawSync } from 'node:zlib';
import { BitWriter } from './bit-writer.ts';
import { pngChunkOf } from './png-chunk.ts';

const [literals, greenSymbols] = [256, 280];
const tileSide = 4;

/**
 * A lossless WebP (RFC 9649, section 3) with a group of five prefix codes for each tile of 4 × 4 pixels; 250 tiles across
 * are 0.5 MB, of which libwebp makes 350 MB.
 */
export function webpOfManyCodes(tilesAcross: number): Buffer {
  const side = tilesAcross * tileSide - 1;
  const bits = new BitWriter().put(0x2f, 8).put(side, 14).put(side, 14).put(0, 4);
  bits.put(0, 2).put(1, 1).put(0, 3); // no transform, no cache, codes of several groups, tiles of 4
  // The picture that tells which tile has which group: any green and any red.
  bits.put(0, 1);
  putFlatCode(bits, greenSymbols);
  putFlatCode(bits, literals);
  for (const _ of ['blue', 'alpha', 'distance']) putOnlySymbol(bits, 0);
  const groups = tilesAcross ** 2;
  for (let group = 0; group < groups; group += 1) bits.put(reversed(group & 255), 8).put(reversed(group >> 8), 8);
  for (let group = 0; group < groups; group += 1) {
    for (const symbol of [group & 255, (group * 7) & 255, 255, 255, 0]) putOnlySymbol(bits, symbol);
  }
  return riffOf(bits.bytes());
}

/** A code of one symbol, which takes no bits. */
function putOnlySymbol(bits: BitWriter, symbol: number): void {
  bits.put(1, 1).put(0, 1).put(1, 1).put(symbol, 8);
}

/** A code of eight bits for each of the first 256 symbols. */
function putFlatCode(bits: BitWriter, symbols: number): void {
  const [eight, before, zeros] = [8, 16, 18];
  const order = [17, zeros, 0, 1, 2, 3, 4, 5, before, 6, 7, eight];
  const lengths: Readonly<Record<number, number>> = { [eight]: 1, [before]: 2, [zeros]: 2 };
  bits.put(0, 1).put(order.length - 4, 4);
  for (const symbol of order) bits.put(lengths[symbol] ?? 0, 3);
  bits.put(0, 1).put(0, 1); // all lengths; the first is 8
  for (let left = literals - 1; left > 0; left -= Math.min(6, left)) bits.put(1, 2).put(Math.min(6, left) - 3, 2);
  if (symbols > literals) bits.put(3, 2).put(symbols - literals - 11, 7);
}

function reversed(byte: number): number {
  return Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
}

function riffOf(data: Buffer): Buffer {
  const padding = data.length % 2;
  const head = Buffer.from('RIFF....WEBPVP8L....', 'latin1');
  head.writeUInt32LE(12 + data.length + padding, 4);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data, Buffer.alloc(padding)]);
}

/** The same AVIF of one picture with its frame so many times: libaom decodes each, and shows the last one. */
export function avifOfManyFrames(avif: Buffer, times: number): Buffer {
  const mdatAt = avif.indexOf('mdat') - 4;
  const dataAt = mdatAt + 8;
  // One unit of two bytes, and one with the sequence's header, stand before the frame (AV1, 5.3).
  const frameAt = dataAt + 2 + 2 + (avif[dataAt + 3] ?? 0);
  const frames = Array.from({ length: times }, () => avif.subarray(frameAt));
  const data = Buffer.concat([avif.subarray(dataAt, frameAt), ...frames]);
  const head = Buffer.from(avif.subarray(0, dataAt));
  head.writeUInt32BE(data.length + 8, mdatAt);
  // The length of the only extent is the last number of the box (ISO/IEC 14496-12, 8.11.3).
  const locationAt = avif.indexOf('iloc') - 4;
  head.writeUInt32BE(data.length, locationAt + avif.readUInt32BE(locationAt) - 4);
  return Buffer.concat([head, data]);
}

/** A black square in PNG behind so many blocks of DEFLATE that bring a code each and nothing else: 10 bytes, some µs. */
export function pngOfEmptyBlocks(side: number, blocks: number): Buffer {
  const rows = Buffer.alloc(side * (side + 1));
  // RFC 1950: the sum of zeros is their number, and 1.
  const sum = Buffer.from([(rows.length >> 8) & 255, rows.length & 255, 0, 1]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const empty = emptyBlock().repeated(8).bytes();
  const data = Buffer.concat([
    Buffer.from([0x78, 0x9c]),
    Buffer.alloc(Math.ceil(blocks / 8) * empty.length, empty),
    deflateRawSync(rows),
    sum,
  ]);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    pngChunkOf('IHDR', header),
    pngChunkOf('IDAT', data),
    pngChunkOf('IEND', Buffer.alloc(0)),
  ]);
}

/** RFC 1951, 3.2.7: one length of 1 for the end of the block, one for a distance. */
function emptyBlock(): BitWriter {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
  const bits = new BitWriter()
    .put(0, 1)
    .put(2, 2)
    .put(0, 5)
    .put(0, 5)
    .put(order.length - 4, 4);
  for (const symbol of order) bits.put(symbol === 18 || symbol === 1 ? 1 : 0, 3);
  return bits.put(1, 1).put(127, 7).put(1, 1).put(107, 7).put(0, 3); // 138 and 118 zeros, 1, 1, and the end
}

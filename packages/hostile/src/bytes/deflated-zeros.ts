/** A zlib stream of many zeros, made in no time: one compressed block, repeated. */
import { constants, deflateRawSync } from 'node:zlib';

const blockBytes = 2 ** 20;
/** ADLER32 is taken modulo this prime (RFC 1950). */
const adlerModulus = 65_521;

/** Deflated and ended on a byte boundary, so that blocks can be put one after another. */
function block(bytes: number): Buffer {
  return deflateRawSync(Buffer.alloc(bytes), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
}

/** The zlib form (RFC 1950) of so many zero bytes: about a thousandth of them. */
export function deflatedZeros(bytes: number): Buffer {
  const whole = block(blockBytes);
  const blocks = Array.from({ length: Math.floor(bytes / blockBytes) }, () => whole);
  const header = Buffer.from([0x78, 0xda]);
  const end = Buffer.from([0x03, 0x00]);
  const adler = Buffer.alloc(4);
  adler.writeUInt16BE(bytes % adlerModulus, 0);
  adler.writeUInt16BE(1, 2);
  return Buffer.concat([header, ...blocks, block(bytes % blockBytes), end, adler]);
}

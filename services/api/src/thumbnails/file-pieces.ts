/** Stored files that are read piece by piece: all of them share the reads, and those of one tenant keep nobody else's waiting. */
import type { OpenBlob } from '@tintype/storage';
import { createFairLimit } from '../http/fair-limit.ts';
import type { OpenFile } from '../http/send-file.ts';

/** Large enough that a read costs little beside its bytes. */
const pieceBytes = 48 * 1024;
/** Whole triples, and less: a text in base64 is larger, and is in memory twice for a moment. */
const base64PieceBytes = 24 * 1024;
/** Node does no more at once by default (UV_THREADPOOL_SIZE); a piece that would wait gets no memory before. */
const readsAtOnce = 4;

export type ReadInPieces = (blob: OpenBlob, tenant: string) => OpenFile;

export function createFilePieces(): ReadInPieces {
  const inTurn = createFairLimit(readsAtOnce);
  /** What is read to be encoded at once needs no buffer of its own. */
  const buffers: Buffer[] = [];

  const readBase64 = async (blob: OpenBlob, start: number, end: number) => {
    const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(base64PieceBytes);
    try {
      const read = await blob.readInto(buffer.subarray(0, end + 1 - start), start);
      // Three bytes are four characters: what is over is read again with the next piece.
      const bytes = start + read > end ? read : read - (read % 3);
      if (bytes === 0) throw new Error('the storage gives less than three bytes at once');
      return { text: buffer.toString('base64', 0, bytes), bytes };
    } finally {
      buffers.push(buffer);
    }
  };

  return (blob, tenant) => ({
    read: (start, end) =>
      inTurn(tenant, async () => {
        const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end + 1 - start));
        return piece.subarray(0, await blob.readInto(piece, start));
      }),
    readBase64: (start, end) => inTurn(tenant, () => readBase64(blob, start, end)),
    close: () => blob.close(),
  });
}

/** Unpacks a body that a source has compressed although it was asked not to (RFC 9110, 8.4), within the cap of bodies. */
import { addAbortSignal, type Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { ByteCollector, type CollectedBytes } from './byte-collector.ts';
import { FetchFailure } from './errors.ts';
import type { AnswerHeaders } from './reception.ts';
import type { SourceBuffers } from './source-buffers.ts';

export type UnpackOptions = {
  maxBytes: number;
  buffers: SourceBuffers;
  /** Told of each piece, and before them of what their decoder may fill; while what it answers is pending, no more is unpacked. */
  onBody?: ((bytes: number) => Promise<void> | null) | undefined;
  signal: AbortSignal;
};

/** The largest window of zstd that a body may need: 8 MB (RFC 9659). */
const zstdWindowLog = 23;
/**
 * What a decoder may fill before the first byte comes out of it, however short the body is: as much as its window. That
 * of the others has 32 kB.
 */
const decoderBytes: Readonly<Record<string, number>> = { br: 2 ** 24, zstd: 2 ** zstdWindowLog };

/** `deflate` is zlib's format, and from some servers the bare one. */
const unpackers: Readonly<Record<string, (first: number) => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
};

/** Nobody applies more; each costs as much as a body. */
const mostEncodings = 2;

/** The encodings that were applied, in their order. */
export function encodingsOf(headers: AnswerHeaders): string[] {
  const value = headers['content-encoding'] ?? '';
  return [value]
    .flat()
    .join(',')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

/**
 * The body as it was before. It may not be larger than any body, and neither may what lies between two encodings. Throws
 * a `FetchFailure`: `too_large`, `unknown_encoding`, or `bad_encoding` for what is not encoded as it says.
 */
export async function unpack(
  body: CollectedBytes,
  encodings: readonly string[],
  options: UnpackOptions,
): Promise<CollectedBytes> {
  if (encodings.length > mostEncodings) throw new FetchFailure('unknown_encoding');
  let unpacked = body;
  for (const encoding of [...encodings].reverse()) {
    const packed = unpacked;
    try {
      unpacked = await unpackOne(packed.bytes, encoding, options);
    } finally {
      packed.release();
    }
  }
  return unpacked;
}

async function unpackOne(
  packed: Buffer,
  encoding: string,
  { maxBytes, buffers, onBody, signal }: UnpackOptions,
): Promise<CollectedBytes> {
  const makeUnpacker = unpackers[encoding];
  if (!makeUnpacker) throw new FetchFailure('unknown_encoding');
  const memory = decoderBytes[encoding];
  if (memory !== undefined) await onBody?.(memory);
  signal.throwIfAborted();
  const unpacker = makeUnpacker(packed[0] ?? 0);
  const collector = new ByteCollector(maxBytes, null, buffers);
  addAbortSignal(signal, unpacker);
  unpacker.end(packed);
  try {
    for await (const piece of unpacker) {
      if (!collector.add(piece)) throw new FetchFailure('too_large');
      await onBody?.(piece.length);
    }
  } catch (err) {
    signal.throwIfAborted();
    throw err instanceof FetchFailure ? err : new FetchFailure('bad_encoding');
  }
  return collector.finish();
}

/** Takes in one answer: the head is judged as it comes, the body of a 200 is collected within its cap. */
import { ByteCollector, type CollectedBytes } from './byte-collector.ts';
import { FetchFailure } from './errors.ts';
import type { SourceBuffers } from './source-buffers.ts';

/** By lower-case name, decoded as Latin-1; a header that comes twice is a list, whatever its name. */
export type AnswerHeaders = Record<string, string | string[] | undefined>;

export type Answer = {
  status: number;
  headers: AnswerHeaders;
  /** Only of a 200. */
  body: CollectedBytes | null;
};

/** How much of the body of a redirect or an error is read to keep its connection; a longer one is cut off. */
const maxDiscardedBytes = 16_384;

function announcedLength(headers: AnswerHeaders): number | null {
  const value = headers['content-length'];
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}

/** Throws a `FetchFailure` as soon as the answer is too large (`too_large`) or has ended too early (`broke_off`). */
export class Reception {
  readonly #maxBytes: number;
  readonly #buffers: SourceBuffers;
  #headers: AnswerHeaders = {};
  #collector: ByteCollector | null = null;
  #announcedBytes: number | null = null;
  #discardedBytes = 0;

  constructor(maxBytes: number, buffers: SourceBuffers) {
    this.#maxBytes = maxBytes;
    this.#buffers = buffers;
  }

  /** Takes the head; answers at once when the status is not 200. */
  head(status: number, headers: AnswerHeaders): Answer | null {
    if (status !== 200) return { status, headers, body: null };
    this.#headers = headers;
    this.#announcedBytes = announcedLength(headers);
    if ((this.#announcedBytes ?? 0) > this.#maxBytes) throw new FetchFailure('too_large');
    this.#collector = new ByteCollector(this.#maxBytes, this.#announcedBytes, this.#buffers);
    return null;
  }

  /** Whether the piece is kept: that of a redirect or an error is not. */
  piece(piece: Buffer): boolean {
    if (this.#collector === null) {
      this.#discardedBytes += piece.length;
      if (this.#discardedBytes > maxDiscardedBytes) throw new FetchFailure('too_large');
      return false;
    }
    if (!this.#collector.add(piece)) throw new FetchFailure('too_large');
    return true;
  }

  /** The whole answer; null when it was given with the head. */
  end(): Answer | null {
    if (this.#collector === null) return null;
    const isShort = this.#announcedBytes !== null && this.#collector.length < this.#announcedBytes;
    if (isShort) throw new FetchFailure('broke_off');
    return { status: 200, headers: this.#headers, body: this.#collector.finish() };
  }
}

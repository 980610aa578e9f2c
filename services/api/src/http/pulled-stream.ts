/** A stream that is made while its client reads: nothing of it is in memory before there is room for it on the connection. */
import { Readable } from 'node:stream';

export type PulledPieces = {
  /** The next one, never empty; null when there are no more. It is asked for once the one before was taken. */
  next(): Promise<string | Buffer | null>;
  /** Called once, at the end or when nobody wants the rest, and never while a piece is made. */
  close?(): Promise<unknown>;
};

export function pulledStream({ next, close }: PulledPieces): Readable {
  let pending: Promise<void> | null = null;
  return new Readable({
    highWaterMark: 0,
    read() {
      pending = next().then(
        (piece) => void this.push(piece),
        (err) => void this.destroy(err),
      );
    },
    destroy(err, done) {
      Promise.resolve(pending)
        .then(close)
        .then(
          () => done(err),
          (closing) => done(err ?? closing),
        );
    },
  });
}

/** Long work of a request in slices: for whom it is done, over lists, and into pieces of an answer. */
import type { Client, LongWork } from '@tintype/runtime';
import type { FastifyRequest } from 'fastify';

/** Whoever sent the request. */
export function clientOf({ tenant, raw }: Pick<FastifyRequest, 'tenant' | 'raw'>): Client {
  return { tenant, hasGone: () => raw.socket.destroyed };
}

/** What the step makes of each item, in slices. */
export async function inSlices<Item, Result>(
  items: Iterable<Item>,
  work: LongWork,
  step: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    if (work.isDue()) await work.rest();
    results.push(step(item, results.length));
  }
  return results;
}

/** Long enough to be sent at once, and short enough to be made at once; each slow reader holds some. */
const pieceChars = 32 * 1024;
/** What is sent before a rest, though it is less. */
const leastPieceChars = 2 * 1024;

/** Parts of a text put together into pieces that are worth sending, in slices. */
export async function* inPieces(parts: Iterable<string>, work: LongWork): AsyncGenerator<string, void> {
  // The first part is work too, and many may have been woken in this turn.
  if (work.isDue()) await work.rest();
  let piece = '';
  for (const part of parts) {
    if (piece !== '' && part.length >= pieceChars) {
      yield piece;
      piece = '';
    }
    piece += part; // one that is long goes as it is: it may be another reader's too
    const isDue = work.isDue();
    if (piece.length >= pieceChars || (isDue && piece.length >= leastPieceChars)) {
      yield piece;
      piece = '';
    }
    // What waits for its turn has nothing in memory: no part that is made, and hardly one that is not sent.
    if (isDue) await work.rest();
  }
  if (piece !== '') yield piece;
}

/** Looks at the items that were made, page by page, until every picture is made or has failed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LibraryItemList, libraryLimits } from '@tintype/contracts';
import type { LibraryClient } from './library-client.ts';
import type { Retrying } from './retrying.ts';
import type { Tally } from './tally.ts';

export type SettlingOptions = {
  client: Pick<LibraryClient, 'page' | 'one'>;
  retrying: Retrying;
  tally: Pick<Tally, 'pending' | 'settle'>;
  signal: AbortSignal;
};

const firstRestMs = 500;
const longestRestMs = 5000;

/** Throws what `client` and `retrying` throw, and the signal's reason. */
export async function settleItems(options: SettlingOptions): Promise<void> {
  const { tally, signal } = options;
  let restMs = firstRestMs;
  for (;;) {
    const before = tally.pending.size;
    if (before === 0) return;
    await lookOnce(options);
    if (tally.pending.size === 0) return;
    restMs = tally.pending.size < before ? firstRestMs : Math.min(longestRestMs, restMs * 2);
    await sleep(restMs, undefined, { signal });
  }
}

/** From the newest item back to the oldest one that is waited for. */
async function lookOnce({ client, retrying, tally }: SettlingOptions): Promise<void> {
  const unseen = new Set(tally.pending.keys());
  let cursor: string | null = null;
  do {
    const from: string | null = cursor;
    const { data, next }: LibraryItemList = await retrying(() => client.page(libraryLimits.listed.most, from));
    for (const item of data) {
      unseen.delete(item.id);
      const sent = tally.pending.get(item.id);
      if (sent) tally.settle(sent, item);
    }
    cursor = next;
  } while (cursor !== null && unseen.size > 0);
  for (const id of unseen) {
    const sent = tally.pending.get(id);
    if (sent) tally.settle(sent, await retrying(() => client.one(id)));
  }
}

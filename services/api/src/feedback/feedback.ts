/** What can be done with feedback: hand it to the search service, or keep it until that is back; and take it back. */
import {
  type Feedback,
  type FeedbackAccepted,
  FeedbackCommand,
  type FeedbackToKeep,
  fits,
  type KeptBatch,
  newThumbnailId,
  Problem,
} from '@tintype/contracts';
import type { SearchClient } from '../library/search-client.ts';
import type { KeptFeedback } from './kept-feedback.ts';
import { requireSense } from './sense.ts';
import type { Voter } from './voter.ts';

export type FeedbackOptions = {
  search: Pick<SearchClient, 'feedback' | 'batches'>;
  kept: KeptFeedback;
  /** The time of Redis. */
  nowMs: () => number;
  /** A batch that can never be delivered. */
  onUndeliverable: (reason: unknown, text: string) => void;
};

export type FeedbackUse = ReturnType<typeof createFeedback>;

/** Every method throws Problems only. */
export function createFeedback({ search, kept, nowMs, onUndeliverable }: FeedbackOptions) {
  /** Null when the search service is away: it will have the batch later, and knows by its id if it has it already. */
  const handOver = async (batch: FeedbackToKeep): Promise<string[] | null> => {
    // What came before is to be there before.
    if (await kept.keepBehind(batch)) return null;
    try {
      return (await search.feedback(batch)).unknown;
    } catch (err) {
      if (!isAway(err)) throw err;
      await kept.keep(batch);
      return null;
    }
  };

  const deliverOldest = async (tenant: string): Promise<boolean> => {
    const text = await kept.oldest(tenant);
    if (text === null) return false;
    const command: unknown = JSON.parse(text);
    if (fits(FeedbackCommand, command)) {
      await search.feedback(command).catch((err) => {
        if (isAway(err)) throw err;
        onUndeliverable(err, text);
      });
    } else onUndeliverable(new Error('it is no batch of feedback'), text);
    await kept.delivered(tenant, text);
    return true;
  };

  return {
    /** Throws `invalid_option` for a name that is both right and wrong for a query, or too many names. */
    async give({ feedback }: Feedback, giver: { tenant: string } & Voter): Promise<FeedbackAccepted> {
      const accepted = requireSense(feedback);
      const id = newThumbnailId(0, nowMs());
      const at = new Date(nowMs()).toISOString();
      const unknown = await handOver({ do: 'keep', batch: id, ...giver, at, entries: feedback });
      return { id, accepted, unknown };
    },

    /** Delivers what waits, each tenant's in its order. Throws `search_unavailable` when it must go on waiting. */
    async deliverKept(): Promise<void> {
      for (const tenant of await kept.tenants()) {
        while (await deliverOldest(tenant));
      }
    },

    /** A page of batches, the newest first. */
    batches: (tenant: string | undefined, limit: number, before: string | undefined): Promise<KeptBatch[]> =>
      search.batches({ limit, ...(tenant !== undefined && { tenant }), ...(before !== undefined && { before }) }),

    /** As if it had never come. Throws `not_found`. */
    async undo(batch: string): Promise<void> {
      await search.feedback({ do: 'undo', batch });
    },
  };
}

/** It will be back; where there is no search service at all nothing is kept for it. */
function isAway(err: unknown): boolean {
  return err instanceof Problem && err.code === 'search_unavailable' && err.retryable;
}

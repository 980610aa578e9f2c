/** Puts together what the API does with the library, and with feedback on it. */
import { createItemBlobs, createJobReader, createOutbox } from '@tintype/jobs';
import type { Logger } from '@tintype/runtime';
import type { ApiSettings } from './config.ts';
import type { Connections } from './connections.ts';
import { createFeedback } from './feedback/feedback.ts';
import { createKeptFeedback } from './feedback/kept-feedback.ts';
import { createItemEnds } from './library/item-ends.ts';
import { createLibrary } from './library/library.ts';
import { createSearchClient } from './library/search-client.ts';

/** The library, as far as it is the API's: the search service has the items, Redis who needs their files. */
export function libraryOf(
  { SEARCH_URL: url, SEARCH_TOKEN: token, SEARCH_TIMEOUT_MS: timeoutMs, FEEDBACK_KEPT_BYTES: mostBytes }: ApiSettings,
  connections: Connections,
  logger: Logger,
) {
  const { shard, store, blobs, withDeadline, quotas } = connections;
  const search = createSearchClient({ url, token, timeoutMs });
  const jobs = createJobReader(shard);
  const itemBlobs = createItemBlobs(shard);
  const ends = createItemEnds({ search, jobs, outbox: createOutbox(shard, 'library'), itemBlobs, blobs, withDeadline });
  const feedback = createFeedback({
    search,
    kept: createKeptFeedback({ store, withDeadline, quotas, mostBytes }),
    nowMs: shard.nowMs,
    onUndeliverable: (err, text) =>
      logger.error({ err, chars: text.length }, 'kept feedback is dropped: it is refused'),
  });
  return { search, ends, feedback, use: createLibrary({ search, ends, jobs, withDeadline, nowMs: shard.nowMs }) };
}
export type OwnLibrary = ReturnType<typeof libraryOf>;

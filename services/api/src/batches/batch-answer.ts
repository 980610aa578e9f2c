/** Answers with a batch as JSON: its counts, and a page of its items, which are read as the client takes the answer. */
import { type Batch, type BatchItem, type BatchStatus, Problem } from '@tintype/contracts';
import type { BatchItemRecord, BatchRecord } from '@tintype/jobs';
import type { Turns } from '@tintype/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../http/caller.ts';
import { createFairLimit } from '../http/fair-limit.ts';
import { sendText } from '../http/long-text.ts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { timeOf } from '../http/times.ts';
import { clientOf } from '../http/turns.ts';
import { retryAfterSeconds } from '../thumbnails/look-up.ts';
import type { ViewThumbnail } from '../thumbnails/thumbnail-view.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';

export type AnswerBatchOptions = {
  thumbnails: Pick<Thumbnails, 'find'>;
  viewThumbnail: ViewThumbnail;
  publicUrl: string;
  turns: Turns;
};

/** The status is the reply's own. */
export type AnswerBatch = (record: BatchRecord, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The answers to reads that are under way together come in the same turn of the loop, and in memory. */
const itemsAtOnce = 10;
/** So many of those together; records take several times as much memory as the text that is made of them. */
const pagesAtOnce = 8;

export function createAnswerBatch(options: AnswerBatchOptions): AnswerBatch {
  const { publicUrl, turns } = options;
  const readInTurn = createFairLimit(pagesAtOnce);
  const itemOf = createItemView(options);
  return (record, request, reply) => {
    const caller = callerOf(request);
    const work = turns.begin(clientOf(request));
    const itemsOf = async (some: BatchItemRecord[]): Promise<string> => {
      const texts: string[] = [];
      for (const item of await Promise.all(some.map((one) => itemOf(one, record, caller)))) {
        if (work.isDue()) await work.rest();
        texts.push(JSON.stringify(item));
      }
      return texts.join(',');
    };
    const { items } = record;
    async function* texts(): AsyncGenerator<string, void> {
      let before = `${JSON.stringify(headOf(record, publicUrl)).slice(0, -1)},"items":[`;
      for (let at = 0; at < items.length; at += itemsAtOnce) {
        yield before + (await readInTurn(caller.tenant, () => itemsOf(items.slice(at, at + itemsAtOnce))));
        before = ',';
      }
      yield `${before === ',' ? '' : before}],"next":${JSON.stringify(nextOf(record))}}`;
    }
    reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8');
    if (record.endedAtMs === null) reply.header('retry-after', retryAfterSeconds);
    return sendText(request, reply, texts());
  };
}

function headOf(record: BatchRecord, publicUrl: string): Omit<Batch, 'items' | 'next'> {
  const self = `${publicUrl}/v1/batches/${record.id}`;
  return {
    id: record.id,
    status: statusOf(record),
    counts: record.counts,
    metadata: record.metadata,
    created_at: timeOf(record.createdAtMs),
    ...(record.endedAtMs !== null && { completed_at: timeOf(record.endedAtMs) }),
    expires_at: timeOf(record.expiresAtMs),
    links: { self, ...(record.endedAtMs === null && { cancel: `${self}/cancel` }) },
  };
}

function statusOf({ endedAtMs, isBegun }: BatchRecord): BatchStatus {
  if (endedAtMs !== null) return 'completed';
  return isBegun ? 'processing' : 'queued';
}

/** Null behind the last item, and where no items were asked for. */
function nextOf({ items, counts }: BatchRecord): string | null {
  const last = items.at(-1);
  return last === undefined || last.index + 1 >= counts.total ? null : String(last.index + 1);
}

const notAdded = new Problem('not_ready', {
  detail:
    'It has not been added: the request that made the batch goes on, or was broken off. Send it again with its Idempotency-Key, or cancel the batch.',
});
const neverAdded = new Problem('cancelled', { detail: 'The batch was cancelled before this item was added.' });

function createItemView({ thumbnails, viewThumbnail, publicUrl }: AnswerBatchOptions) {
  return async ({ index, id, problem }: BatchItemRecord, batch: BatchRecord, caller: Caller): Promise<BatchItem> => {
    const documentOf = (one: Problem) => one.toDocument(typeBaseOf(publicUrl), batch.requestId);
    if (problem !== null) return { index, error: documentOf(problem) };
    const found = await thumbnails.find(id, caller);
    if (!(found instanceof Problem)) return { index, ...(await viewThumbnail(found, caller)) };
    if (found.code !== 'not_found') return { index, id, error: documentOf(found) };
    return { index, id, error: documentOf(batch.isCancelled ? neverAdded : notAdded) };
  };
}

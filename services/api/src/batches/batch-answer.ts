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
import { type LookedUp, retryAfterSeconds } from '../thumbnails/look-up.ts';
import type { ViewThumbnail } from '../thumbnails/thumbnail-view.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';

export type AnswerBatchOptions = {
  thumbnails: Pick<Thumbnails, 'findSome'>;
  viewThumbnail: ViewThumbnail;
  publicUrl: string;
  turns: Turns;
};

/** The status is the reply's own. */
export type AnswerBatch = (record: BatchRecord, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Items whose ids Redis is asked for at once. */
const itemsAtOnce = 50;
/** So many answers of Redis at once; records take several times as much memory as the text that is made of them. */
const pagesAtOnce = 8;

export function createAnswerBatch(options: AnswerBatchOptions): AnswerBatch {
  const { thumbnails, publicUrl, turns } = options;
  const readInTurn = createFairLimit(pagesAtOnce);
  const itemOf = createItemView(options);
  return (record, request, reply) => {
    const caller = callerOf(request);
    const work = turns.begin(clientOf(request));
    /** Of the first of these: at least one. */
    const itemsOf = async (some: readonly BatchItemRecord[]): Promise<string[]> => {
      const found = await findItems(some, caller, thumbnails);
      const texts: string[] = [];
      for (const item of some) {
        if (item.problem === null && !found.has(item.id)) break;
        if (work.isDue()) await work.rest();
        texts.push(JSON.stringify(await itemOf(item, found.get(item.id), record, caller)));
      }
      return texts;
    };
    const { items } = record;
    async function* texts(): AsyncGenerator<string, void> {
      let before = `${JSON.stringify(headOf(record, publicUrl)).slice(0, -1)},"items":[`;
      for (let at = 0; at < items.length; ) {
        const texts = await readInTurn(caller.tenant, () => itemsOf(items.slice(at, at + itemsAtOnce)));
        yield before + texts.join(',');
        before = ',';
        at += texts.length;
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

type Found = LookedUp['found'];

/** The jobs of the first of these, by their ids. */
async function findItems(
  items: readonly BatchItemRecord[],
  caller: Caller,
  thumbnails: AnswerBatchOptions['thumbnails'],
): Promise<Map<string, Found>> {
  const ids = items.filter(({ problem }) => problem === null).map(({ id }) => id);
  const found = ids.length === 0 ? [] : await thumbnails.findSome(ids, caller);
  return new Map(found.map((one) => [one.id, one.found]));
}

function createItemView({ viewThumbnail, publicUrl }: AnswerBatchOptions) {
  return async (
    { index, id, problem }: BatchItemRecord,
    found: Found | undefined,
    batch: BatchRecord,
    caller: Caller,
  ): Promise<BatchItem> => {
    const documentOf = (one: Problem) => one.toDocument(typeBaseOf(publicUrl), batch.requestId);
    if (problem !== null) return { index, error: documentOf(problem) };
    if (found && !(found instanceof Problem)) return { index, ...(await viewThumbnail(found, caller)) };
    if (found && found.code !== 'not_found') return { index, id, error: documentOf(found) };
    return { index, id, error: documentOf(batch.isCancelled ? neverAdded : notAdded) };
  };
}

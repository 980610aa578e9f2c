/** Answers who has handed a batch in: at once, or as soon as all its items have ended. */
import { batchPageItems, Problem } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { withWait } from '../http/waiting.ts';
import type { AnswerBatch } from './batch-answer.ts';
import type { Batches } from './batches.ts';

export type NewBatchAnswerOptions = {
  batches: Pick<Batches, 'readEnded'>;
  answerBatch: AnswerBatch;
  publicUrl: string;
  stopping: AbortSignal;
};

type WaitingRequest = FastifyRequest<{ Querystring: { wait?: number } }>;

export async function answerNewBatch(
  id: string,
  request: WaitingRequest,
  reply: FastifyReply,
  { batches, answerBatch, publicUrl, stopping }: NewBatchAnswerOptions,
): Promise<FastifyReply> {
  const firstPage = { from: 0, count: batchPageItems };
  const record = await withWait(request, reply, stopping, (wait) =>
    batches.readEnded(id, callerOf(request), firstPage, wait),
  ).catch((err) => {
    if (!(err instanceof Problem) || err.code !== 'not_found') throw err;
    throw new Problem('dependency_unavailable', { detail: 'The queue has lost the batch: send it again.', cause: err });
  });
  reply.header('location', `${publicUrl}/v1/batches/${id}`);
  return answerBatch(record, request, reply.code(record.endedAtMs === null ? 202 : 200));
}

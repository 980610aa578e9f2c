/** Answers with a thumbnail as JSON: tagged, so that a poll of what has not changed costs little. */
import type { Thumbnail } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesEtag, tagOf } from '../http/etags.ts';
import type { FileOf } from './files.ts';
import { isEnded, retryAfterSeconds } from './look-up.ts';
import type { ViewThumbnail } from './thumbnail-view.ts';

/** How a thumbnail may be asked for. */
export type ReadQuery = { wait?: number; include?: 'base64' };
export type ReadRequest = FastifyRequest<{ Querystring: ReadQuery }>;

/** The status is the reply's own, or 304 where a GET has told that it knows the answer already. */
export type AnswerRecord = (record: JobRecord, request: ReadRequest, reply: FastifyReply) => Promise<FastifyReply>;

export function createAnswerRecord(viewThumbnail: ViewThumbnail, fileOf: FileOf): AnswerRecord {
  return async (record, request, reply) => {
    const view = await viewThumbnail(record);
    const body = JSON.stringify(request.query.include === 'base64' ? await withBytes(view, record, fileOf) : view);
    const etag = `W/"${tagOf(body)}"`;
    reply.header('etag', etag).header('cache-control', 'no-cache');
    if (!isEnded(record)) reply.header('retry-after', retryAfterSeconds);
    const isKnown = request.method !== 'POST' && matchesEtag(request.headers['if-none-match'], etag);
    return isKnown ? reply.code(304).send() : reply.type('application/json').send(body);
  };
}

async function withBytes(view: Thumbnail, record: JobRecord, fileOf: FileOf): Promise<Thumbnail> {
  if (!view.renditions) return view;
  const renditions = view.renditions.map(async (rendition) => {
    const bytes = await fileOf(record, rendition.name).read();
    return { ...rendition, base64: bytes.toString('base64') };
  });
  return { ...view, renditions: await Promise.all(renditions) };
}

/** Answers with a thumbnail as JSON: tagged, so that a poll of what has not changed costs little. */
import type { Thumbnail } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { matchesEtag, tagOf } from '../http/etags.ts';
import { type JsonPieces, sendJson } from '../http/json-with-files.ts';
import type { StoredFile } from '../http/send-file.ts';
import type { FileOf } from './files.ts';
import { isEnded, retryAfterSeconds } from './look-up.ts';
import type { ThumbnailText, ViewThumbnail } from './thumbnail-view.ts';

/** How a thumbnail may be asked for. */
export type ReadQuery = { wait?: number; include?: 'base64' };
export type ReadRequest = FastifyRequest<{ Querystring: ReadQuery }>;

/** The status is the reply's own, or 304 where a GET has told that it knows the answer already. */
export type AnswerRecord = (record: JobRecord, request: ReadRequest, reply: FastifyReply) => Promise<FastifyReply>;

export type AnswerRecordOptions = { viewThumbnail: ViewThumbnail; textOfThumbnail: ThumbnailText; fileOf: FileOf };

export function createAnswerRecord({ viewThumbnail, textOfThumbnail, fileOf }: AnswerRecordOptions): AnswerRecord {
  return async (record, request, reply) => {
    const caller = callerOf(request);
    const text = await textOfThumbnail(record, caller);
    const view = request.query.include === 'base64' ? await viewThumbnail(record, caller) : null;
    const renditions = view?.renditions;
    // The hashes of the files are in the text: another file has another tag, and nobody has to read it for that.
    const etag = `W/"${tagOf(renditions ? `${text} base64` : text)}"`;
    reply.header('etag', etag).header('cache-control', 'no-cache');
    if (!isEnded(record)) reply.header('retry-after', retryAfterSeconds);
    const isKnown = request.method !== 'POST' && matchesEtag(request.headers['if-none-match'], etag);
    if (isKnown) return reply.code(304).send();
    if (!view || !renditions) return reply.type('application/json').send(text);
    return sendJson(
      request,
      reply,
      withFiles(view, renditions, (name) => fileOf(record, caller, name)),
    );
  };
}

/** The renditions come last, each with its file behind it. */
function withFiles(
  view: Thumbnail,
  renditions: NonNullable<Thumbnail['renditions']>,
  fileOf: (name: string) => StoredFile,
): JsonPieces {
  const pieces = renditions.flatMap((rendition, index) => {
    const head = `${index > 0 ? ',' : ''}${openedObject(rendition)},"base64":"`;
    return [head, fileOf(rendition.name), '"}'];
  });
  const { renditions: _last, ...rest } = view;
  return [`${openedObject(rest)},"renditions":[`, ...pieces, ']}'];
}

/** The JSON of an object without its last brace. */
function openedObject(value: object): string {
  return JSON.stringify(value).slice(0, -1);
}

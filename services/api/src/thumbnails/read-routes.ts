/** `GET /v1/thumbnails…`: one thumbnail, several, or the picture itself. */
import { type LookedUpThumbnail, Problem, type ThumbnailLookup } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, requirePictures } from '../http/caller.ts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { sendFile } from '../http/send-file.ts';
import { clientOf, type Turns } from '../http/turns.ts';
import { withWait } from '../http/waiting.ts';
import type { AnswerRecord, ReadQuery, ReadRequest } from './answer-record.ts';
import { isEnded, type LookedUp } from './look-up.ts';
import { fileSchema, getSchema, lookUpSchema, oneOrSeveralSchema } from './thumbnail-schemas.ts';
import type { ViewThumbnail } from './thumbnail-view.ts';
import type { Thumbnails } from './thumbnails.ts';

export type ReadRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'read' | 'readEnded' | 'readMany' | 'fileOf'>;
  viewThumbnail: ViewThumbnail;
  answerRecord: AnswerRecord;
  publicUrl: string;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
  stopping: AbortSignal;
  turns: Turns;
};

type FileQuery = { name?: string };
const config = { scope: 'thumbnails' } as const;
/** Each record is read and answered for itself. */
const severalConfig = {
  ...config,
  listLength: ({ query }: FastifyRequest) =>
    typeof query === 'object' && query !== null && 'id' in query && Array.isArray(query.id) ? query.id.length : 1,
} as const;
/** Who may match colours may poll the job that a match has begun. */
const pollConfig = { scope: ['thumbnails', 'colours'] } as const;
const fileConfig = { ...config, opensBySignedLink: true } as const;

export const readRoutes: FastifyPluginAsync<ReadRoutesOptions> = async (app, options) => {
  const { thumbnails, sharedFiles } = options;

  app.get<{ Params: { id: string }; Querystring: ReadQuery }>(
    '/v1/thumbnails/:id',
    { schema: getSchema, config: pollConfig },
    (request, reply) => answerOne(request.params.id, request, reply, options),
  );

  app.get<{ Querystring: { id: string[] } }>(
    '/v1/thumbnails/lookup',
    { schema: lookUpSchema, config: severalConfig },
    (request, reply) => answerSeveral(request.query.id, request, reply, options),
  );

  /** Where both were before each had an address of its own. */
  app.get<{ Querystring: ReadQuery & { id: string | string[] } }>(
    '/v1/thumbnails',
    { schema: oneOrSeveralSchema, config: severalConfig },
    async (request, reply) => {
      const { id, include, wait } = request.query;
      if (typeof id === 'string') return answerOne(id, request, reply, options);
      for (const [name, value] of Object.entries({ include, wait })) {
        if (value !== undefined) throw new Problem('invalid_request', { detail: `${name} goes with one id.` });
      }
      return answerSeveral(id, request, reply, options);
    },
  );

  app.get<{ Params: { id: string }; Querystring: FileQuery }>(
    '/v1/thumbnails/:id/file',
    { schema: fileSchema, config: fileConfig },
    async (request, reply) => {
      const viewer = request.hasSignedLink ? 'holder of a signed link' : callerOf(request);
      const record = await thumbnails.read(request.params.id, viewer);
      return sendFile(request, reply, thumbnails.fileOf(record, viewer, request.query.name), sharedFiles);
    },
  );
};

async function answerOne(id: string, request: ReadRequest, reply: FastifyReply, options: ReadRoutesOptions) {
  const { thumbnails, answerRecord, sharedFiles, stopping } = options;
  const caller = callerOf(request);
  const wantsPicture = request.headers.accept?.toLowerCase().startsWith('image/') ?? false;
  if (wantsPicture || request.query.include === 'base64') requirePictures(caller);
  const record = await withWait(request, reply, stopping, (wait) => thumbnails.readEnded(id, caller, wait));
  reply.header('vary', 'accept');
  if (!wantsPicture) return answerRecord(record, request, reply);
  if (!isEnded(record)) return answerRecord(record, request, reply.code(202));
  return sendFile(request, reply, thumbnails.fileOf(record, caller), sharedFiles);
}

async function answerSeveral(
  ids: string[],
  request: FastifyRequest,
  reply: FastifyReply,
  { thumbnails, viewThumbnail, publicUrl, turns }: ReadRoutesOptions,
): Promise<FastifyReply> {
  const caller = callerOf(request);
  const itemOf = async ({ id, found }: LookedUp): Promise<LookedUpThumbnail> =>
    found instanceof Problem
      ? { id, error: found.toDocument(typeBaseOf(publicUrl), request.id) }
      : viewThumbnail(found, caller);
  const all = await thumbnails.readMany([...new Set(ids)], caller);
  const work = turns.begin(clientOf(request));
  const answer: ThumbnailLookup = { data: [], next: null };
  for (const one of all) {
    if (work.isDue()) await work.rest();
    answer.data.push(await itemOf(one));
  }
  return reply.send(answer);
}

/** `GET /v1/thumbnails…`: one thumbnail, several, or the picture itself. */
import { type LookedUpThumbnail, listLimits, Problem, type ThumbnailStatus } from '@tintype/contracts';
import type { Turns } from '@tintype/runtime';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, requirePictures } from '../http/caller.ts';
import { createFairLimit, type FairLimit } from '../http/fair-limit.ts';
import { sendText } from '../http/long-text.ts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { sendFile } from '../http/send-file.ts';
import { clientOf } from '../http/turns.ts';
import { addVary } from '../http/vary.ts';
import { withWait } from '../http/waiting.ts';
import type { AnswerRecord, ReadQuery, ReadRequest } from './answer-record.ts';
import type { ListQuery } from './list.ts';
import { isEnded, type LookedUp } from './look-up.ts';
import { fileSchema, getSchema, listSchema, lookUpSchema } from './thumbnail-schemas.ts';
import type { ThumbnailText } from './thumbnail-view.ts';
import type { Thumbnails } from './thumbnails.ts';

export type ReadRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'read' | 'readEnded' | 'findSome' | 'list' | 'fileOf'>;
  textOfThumbnail: ThumbnailText;
  answerRecord: AnswerRecord;
  publicUrl: string;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
  stopping: AbortSignal;
  turns: Turns;
};

/** Ids that Redis is asked for at once: each takes it some twenty microseconds. */
const idsAtOnce = 50;
/** So many answers of Redis at once; records take several times as much memory as the text that is made of them. */
const lookUpsAtOnce = 8;

type FileQuery = { name?: string };
const config = { scope: 'thumbnails' } as const;
/** Each record is read and answered for itself. */
const severalConfig = {
  ...config,
  listLength: ({ query }: FastifyRequest) => {
    if (typeof query !== 'object' || query === null) return 1;
    if ('id' in query) return Array.isArray(query.id) ? query.id.length : 1;
    return 'limit' in query ? Number(query.limit) || 1 : listLimits.usual;
  },
} as const;
/** Who may match colours may poll the job that a match has begun. */
const pollConfig = { scope: ['thumbnails', 'colours'] } as const;
const fileConfig = { ...config, opensBySignedLink: true } as const;

export const readRoutes: FastifyPluginAsync<ReadRoutesOptions> = async (app, options) => {
  const { thumbnails, sharedFiles } = options;
  const several = { ...options, lookUpInTurn: createFairLimit(lookUpsAtOnce) };

  app.get<{ Params: { id: string }; Querystring: ReadQuery }>(
    '/v1/thumbnails/:id',
    { schema: getSchema, config: pollConfig },
    (request, reply) => answerOne(request.params.id, request, reply, options),
  );

  app.get<{ Querystring: { id: string[] } }>(
    '/v1/thumbnails/lookup',
    { schema: lookUpSchema, config: severalConfig },
    (request, reply) => answerSeveral(request.query.id.map(requireOneId), request, reply, several),
  );

  /** The list, and both kinds of a look-up, where they were before each had an address of its own. */
  app.get<{ Querystring: ReadQuery & ListQuery & { id?: string | string[] } }>(
    '/v1/thumbnails',
    { schema: listSchema, config: severalConfig },
    async (request, reply) => {
      const { id, include, wait, ...query } = request.query;
      if (id !== undefined) refuseFields(query, 'goes without an id');
      if (typeof id === 'string') return answerOne(requireOneId(id), request, reply, options);
      refuseFields({ include, wait }, 'goes with one id');
      if (id !== undefined) return answerSeveral(id.map(requireOneId), request, reply, several);
      const listed = await thumbnails.list(query, request.tenant);
      return answerSeveral(listed.ids, request, reply.header('cache-control', 'no-cache'), several, listed);
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

/** Throws `invalid_request` for several in one text, which no id can be: they would be unknown without a word. */
function requireOneId(id: string): string {
  if (id.includes(',')) throw new Problem('invalid_request', { detail: 'Several ids are written ?id=…&id=….' });
  return id;
}

/** Throws `invalid_request` for fields of another call than this one. */
function refuseFields(fields: Record<string, unknown>, why: string): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) throw new Problem('invalid_request', { detail: `${name} ${why}.` });
  }
}

async function answerOne(id: string, request: ReadRequest, reply: FastifyReply, options: ReadRoutesOptions) {
  const { thumbnails, answerRecord, sharedFiles, stopping } = options;
  const caller = callerOf(request);
  const wantsPicture = request.headers.accept?.toLowerCase().startsWith('image/') ?? false;
  if (wantsPicture || request.query.include === 'base64') requirePictures(caller);
  const record = await withWait(request, reply, stopping, (wait) => thumbnails.readEnded(id, caller, wait));
  addVary(reply, 'accept');
  if (!wantsPicture) return answerRecord(record, request, reply);
  if (!isEnded(record)) return answerRecord(record, request, reply.code(202));
  return sendFile(request, reply, thumbnails.fileOf(record, caller), sharedFiles);
}

/** What has changed since it was listed is left out where a status was asked for. */
type Listed = { status: ThumbnailStatus | null; next: string | null };
const lookedUp: Listed = { status: null, next: null };

/** As a text of several pieces: the records are read as the client takes the answer, some at a time. */
function answerSeveral(
  ids: string[],
  request: FastifyRequest,
  reply: FastifyReply,
  { thumbnails, textOfThumbnail, publicUrl, turns, lookUpInTurn }: ReadRoutesOptions & { lookUpInTurn: FairLimit },
  { status, next }: Listed = lookedUp,
): Promise<FastifyReply> {
  const caller = callerOf(request);
  const work = turns.begin(clientOf(request));
  const textOf = ({ id, found }: LookedUp): string | Promise<string> => {
    if (!(found instanceof Problem)) return textOfThumbnail(found, caller);
    const problem = { id, error: found.toDocument(typeBaseOf(publicUrl), request.id) } satisfies LookedUpThumbnail;
    return JSON.stringify(problem);
  };
  const itemsOf = async (found: readonly LookedUp[]): Promise<string> => {
    const items: string[] = [];
    for (const one of found) {
      if (!isShown(one, status)) continue;
      if (work.isDue()) await work.rest();
      items.push(await textOf(one));
    }
    return items.join(',');
  };
  async function* texts(): AsyncGenerator<string, void> {
    let [begun, separator] = ['{"data":[', ''];
    for (let left = [...new Set(ids)]; left.length > 0; ) {
      const items = await lookUpInTurn(caller.tenant, async () => {
        const found = await thumbnails.findSome(left.slice(0, idsAtOnce), caller);
        left = left.slice(found.length);
        return itemsOf(found);
      });
      if (items === '') continue;
      begun += separator + items;
      separator = ',';
      if (left.length === 0) break; // its end goes with it
      yield begun;
      begun = '';
    }
    yield `${begun}],"next":${JSON.stringify(next)}}`;
  }
  return sendText(request, reply.type('application/json; charset=utf-8'), texts());
}

/** Those that exist and are the caller's; of a list with a status, those that have it still. */
function isShown({ found }: LookedUp, status: ThumbnailStatus | null): boolean {
  if (found instanceof Problem) return found.code === 'unreadable_record';
  return status === null || found.status === status;
}

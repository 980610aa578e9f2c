/** `/v1/library/items/{id}`: one item with its words and its file. */
import { type ItemPatch, type KeptItem, Problem } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { matchesEtag, tagsIn } from '../http/etags.ts';
import { sendFile } from '../http/send-file.ts';
import { retryAfterSeconds } from '../thumbnails/look-up.ts';
import type { StoredItemFile } from './item-files.ts';
import type { ItemView } from './item-view.ts';
import type { Library } from './library.ts';
import { changeItemSchema, getItemSchema, itemFileSchema, removeItemSchema } from './library-schemas.ts';

export type OneItemRoutesOptions = {
  library: Pick<Library, 'read' | 'change' | 'remove'>;
  view: ItemView;
  itemFile: StoredItemFile;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
};

type Identified = { Params: { id: string } };

/** Who comes with a signed link is not known: they take turns as one. */
const linkHolders = 'holders of signed links';
const config = { scope: 'library' } as const;
const fileConfig = { ...config, opensBySignedLink: true } as const;

export const oneItemRoutes: FastifyPluginAsync<OneItemRoutesOptions> = async (app, options) => {
  const { library, view, itemFile, sharedFiles } = options;

  app.get<Identified>('/v1/library/items/:id', { schema: getItemSchema, config }, async (request, reply) =>
    answerItem(await library.read(request.params.id, request.tenant), request, view, reply),
  );

  app.patch<Identified & { Body: ItemPatch }>(
    '/v1/library/items/:id',
    { schema: changeItemSchema, config },
    async (request, reply) => {
      const { params, tenant, body } = request;
      return answerItem(await library.change(params.id, tenant, body, revisionIn(request)), request, view, reply);
    },
  );

  app.delete<Identified>('/v1/library/items/:id', { schema: removeItemSchema, config }, async (request, reply) => {
    await library.remove(request.params.id, request.tenant, revisionIn(request));
    return reply.code(204).send();
  });

  app.get<Identified & { Querystring: { name?: string } }>(
    '/v1/library/items/:id/file',
    { schema: itemFileSchema, config: fileConfig },
    async (request, reply) => {
      const { params, query, tenant, hasSignedLink } = request;
      const item = await library.read(params.id, hasSignedLink ? null : tenant);
      const reader = hasSignedLink ? linkHolders : tenant;
      return sendFile(request, reply, itemFile(item, reader, query.name), sharedFiles);
    },
  );
};

/** With its revision as the tag; 304 where the client has it. */
export async function answerItem(
  item: KeptItem,
  request: FastifyRequest,
  view: ItemView,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = `"${item.revision}"`;
  reply.headers({ etag, 'cache-control': 'no-cache' });
  if (item.status === 'pending') reply.header('retry-after', retryAfterSeconds);
  if (request.method === 'GET' && matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.send(await view.itemOf(item));
}

/** The revision that `If-Match` names; null without one. Throws `precondition_failed` for what never was one. */
function revisionIn({ headers: { 'if-match': header } }: FastifyRequest): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const [tag = '', ...others] = tagsIn(header);
  const revision = /^"([1-9]\d{0,8})"$/.exec(tag)?.[1];
  if (revision !== undefined && others.length === 0) return Number(revision);
  throw new Problem('precondition_failed', { detail: 'If-Match names no revision of the item: send its ETag.' });
}

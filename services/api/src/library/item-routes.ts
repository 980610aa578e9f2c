/** `/v1/library/items`: pictures that are kept, with their words. */
import { type ItemRequest, ItemWords, type KeptItem, libraryLimits, Problem } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, uploaderOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { type ReceivedForm, receiveForm } from '../http/receive-form.ts';
import { receivePicture, requireNoOptions, takePictures } from '../http/receive-picture.ts';
import { validateAllButNames } from '../http/request-validation.ts';
import { withWait } from '../http/waiting.ts';
import type { NewThumbnail } from '../thumbnails/job-preparation.ts';
import { isEnded } from '../thumbnails/look-up.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import { createCursors } from './cursors.ts';
import type { ItemView } from './item-view.ts';
import type { Library } from './library.ts';
import { addItemSchemaFor, listItemsSchema, WaitQuery } from './library-schemas.ts';
import { answerItem } from './one-item-routes.ts';

export type ItemRoutesOptions = {
  library: Library;
  thumbnails: Pick<Thumbnails, 'receive' | 'submitAndRead' | 'readEnded'>;
  view: ItemView;
  publicUrl: string;
  uploadMaxBytes: number;
  stopping: AbortSignal;
};

type AddRequest = FastifyRequest<{ Querystring: { wait?: number }; Body?: ItemRequest }>;

const config = { scope: 'library' } as const;
const addConfig = { ...config, makesJob: true, repeat: 'rebuilt' } as const;
const waitNames = Object.keys(WaitQuery.properties);

export const itemRoutes: FastifyPluginAsync<ItemRoutesOptions> = async (app, options) => {
  const { library, view, publicUrl } = options;
  takePictures(app);

  app.post<{ Querystring: { wait?: number }; Body?: ItemRequest }>(
    '/v1/library/items',
    { schema: addItemSchemaFor(publicUrl), config: addConfig, validatorCompiler: validateAllButNames },
    async (request, reply) => {
      const order = await orderIn(request, reply, options);
      if (order === null) return reply;
      const item = await add(order, request, reply, options);
      reply.header('location', `${publicUrl}/v1/library/items/${order.id}`);
      return answerItem(item, request, view, reply.code(item.status === 'pending' ? 202 : 200));
    },
  );

  app.get<{ Querystring: { name?: string; limit?: number; cursor?: string } }>(
    '/v1/library/items',
    { schema: listItemsSchema, config },
    async ({ query: { name, limit = libraryLimits.listed.usual, cursor }, tenant }, reply) => {
      const cursors = createCursors([tenant]);
      const before = cursor === undefined ? undefined : cursors.read(cursor);
      const page = name === undefined ? library.list(tenant, limit, before) : library.named(tenant, name);
      const { items, nextBefore } = await page;
      const next = nextBefore === null ? null : cursors.write(nextBefore);
      return reply.header('cache-control', 'no-cache').send({ data: await view.itemsOf(items), next });
    },
  );
};

/** Null when the request is answered: the same one was before. */
async function orderIn(
  request: AddRequest,
  reply: FastifyReply,
  options: ItemRoutesOptions,
): Promise<NewThumbnail | null> {
  if (!request.sendsPicture) requireNoOptions(request, ItemWords, waitNames);
  const { body } = request;
  const ordered = (source: NewThumbnail['source'], library: ItemWords): NewThumbnail => ({
    id: idFor(request),
    source,
    options: { library },
    caller: callerOf(request),
  });
  if (!request.isMultipart() && !request.sendsPicture) {
    if (!body) throw new Problem('invalid_request', { detail: 'A body is needed: JSON, a form, or a picture.' });
    const { url, ...words } = body;
    return ordered({ url }, words);
  }
  const form = await formIn(request, options);
  return (await claimForm(request, reply, form)) ? ordered({ upload: form.upload }, form.fields) : null;
}

function formIn(
  request: AddRequest,
  { thumbnails, uploadMaxBytes }: ItemRoutesOptions,
): Promise<ReceivedForm<ItemWords>> {
  const receive = (file: AsyncIterable<Uint8Array>, bytesBefore: number) =>
    thumbnails.receive(file, uploaderOf(request, bytesBefore));
  return request.sendsPicture
    ? receivePicture(request, ItemWords, receive, waitNames, uploadMaxBytes)
    : receiveForm(request, ItemWords, receive, uploadMaxBytes);
}

/** The item as it is then: as soon as its job has ended, or when nobody waits any longer. */
async function add(
  order: NewThumbnail,
  request: AddRequest,
  reply: FastifyReply,
  { library, thumbnails, stopping }: ItemRoutesOptions,
): Promise<KeptItem> {
  const { tenant } = order.caller;
  const record = await withWait(request, reply, stopping, (wait) =>
    request.repeats === null
      ? thumbnails.submitAndRead(order, wait)
      : thumbnails.readEnded(request.repeats, order.caller, wait),
  );
  return isEnded(record) ? library.readEnded(record.id, tenant) : library.read(record.id, tenant);
}

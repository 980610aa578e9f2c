/** `/v1/thumbnails`: hand in, look up, wait, fetch the file. */
import { hash } from 'node:crypto';
import { Problem, type Thumbnail, type ThumbnailRequest, UploadFields } from '@tintype/contracts';
import type { JobRecord, JobWatch } from '@tintype/jobs';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { receiveForm } from '../http/receive-form.ts';
import { matchesEtag, sendFile } from '../http/send-file.ts';
import { waitSecondsOf } from '../http/waiting.ts';
import { type WaitOptions, waitForEnd } from './look-up.ts';
import { fileSchema, getSchema, lookUpSchema, submitSchemaFor } from './thumbnail-schemas.ts';
import type { ViewThumbnail } from './thumbnail-view.ts';
import { isEnded, retryAfterSeconds } from './thumbnails.ts';

export type ThumbnailRoutesOptions = WaitOptions & {
  publicUrl: string;
  uploadMaxBytes: number;
  viewThumbnail: ViewThumbnail;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
};

type ReadQuery = { wait?: number; include?: 'base64' };
const config = { scope: 'thumbnails' } as const;

export const thumbnailRoutes: FastifyPluginAsync<ThumbnailRoutesOptions> = async (app, options) => {
  const { thumbnails, publicUrl } = options;

  app.post<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>(
    '/v1/thumbnails',
    { schema: submitSchemaFor(publicUrl), config: { ...config, makesJob: true } },
    async (request, reply) => {
      const submit = request.isMultipart() ? submitForm : submitUrl;
      const submitted = await submit(request, reply, options);
      if (submitted === null) return reply;
      const { id, watch } = submitted;
      request.log.info({ jobId: id, traceparent: request.traceparent }, 'queued');
      const record = await readWaiting(id, request, reply, options, watch);
      reply.header('location', `${publicUrl}/v1/thumbnails/${id}`);
      return sendRecord(reply.code(isEnded(record) ? 200 : 202), record, await viewOf(record, request.query, options));
    },
  );

  app.get<{ Querystring: ReadQuery & { id: string | string[] } }>(
    '/v1/thumbnails',
    { schema: lookUpSchema, config },
    async (request, reply) => {
      const { id } = request.query;
      if (typeof id === 'string') return answerOne(id, request, reply, options);
      for (const name of ['include', 'wait'] as const) {
        if (request.query[name] !== undefined) {
          throw new Problem('invalid_request', { detail: `${name} goes with one id.` });
        }
      }
      const records = await thumbnails.readMany([...new Set(id)], callerOf(request));
      const data = await Promise.all(records.map((record) => viewOf(record, request.query, options)));
      return reply.send({ data, next: null });
    },
  );

  app.get<{ Params: { id: string }; Querystring: ReadQuery }>(
    '/v1/thumbnails/:id',
    // Who may match colours may poll the job that a match has begun.
    { schema: getSchema, config: { scope: ['thumbnails', 'colours'] } },
    (request, reply) => answerOne(request.params.id, request, reply, options),
  );

  app.get<{ Params: { id: string }; Querystring: { name?: string } }>(
    '/v1/thumbnails/:id/file',
    { schema: fileSchema, config: { ...config, opensBySignedLink: true } },
    async (request, reply) => {
      const viewer = request.hasSignedLink ? 'holder of a signed link' : callerOf(request);
      const record = await thumbnails.read(request.params.id, viewer);
      const file = await thumbnails.readFile(record, request.query.name);
      return sendFile(request, reply, file, { record, shared: options.sharedFiles });
    },
  );
};

type Submitted = { id: string; watch: JobWatch | null };

/** A request without any body has passed no schema. */
async function submitUrl(
  request: FastifyRequest<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>,
  _reply: FastifyReply,
  { thumbnails }: ThumbnailRoutesOptions,
): Promise<Submitted> {
  if (!request.body)
    throw new Problem('invalid_request', { detail: 'A body is needed: JSON with a URL, or a form with a file.' });
  const id = idFor(request);
  const wishes = { ...request.body, waits: waits(request) };
  return { id, watch: await thumbnails.submitUrl(id, request.body.url, wishes, callerOf(request)) };
}

/** Null when the same form has been answered before. */
async function submitForm(
  request: ReadRequest,
  reply: FastifyReply,
  { thumbnails, uploadMaxBytes }: ThumbnailRoutesOptions,
): Promise<Submitted | null> {
  const form = await receiveForm(request, UploadFields, thumbnails.receive, uploadMaxBytes);
  if (!(await claimForm(request, reply, form))) return null;
  const id = idFor(request);
  const wishes = { ...form.fields, waits: waits(request) };
  return { id, watch: await thumbnails.submitUpload(id, form.upload, wishes, callerOf(request)) };
}

type ReadRequest = FastifyRequest<{ Querystring: ReadQuery }>;

/** Whether the client waits for the end: its job then goes before those that nobody waits for. */
function waits({ query, headers }: Pick<ReadRequest, 'query' | 'headers'>): boolean {
  return waitSecondsOf(query.wait, headers.prefer) > 0;
}

async function answerOne(id: string, request: ReadRequest, reply: FastifyReply, options: ThumbnailRoutesOptions) {
  const record = await readWaiting(id, request, reply, options);
  const wantsPicture = request.headers.accept?.toLowerCase().startsWith('image/') ?? false;
  reply.header('vary', 'accept');
  if (wantsPicture && isEnded(record)) {
    const file = await options.thumbnails.readFile(record);
    return sendFile(request, reply, file, { record, shared: options.sharedFiles });
  }
  if (wantsPicture && !isEnded(record)) reply.code(202);
  return sendRecord(reply, record, await viewOf(record, request.query, options), request.headers['if-none-match']);
}

/** Reads the record, at once or after waiting for its end as long as the client asked for. */
async function readWaiting(
  id: string,
  request: ReadRequest,
  reply: FastifyReply,
  options: ThumbnailRoutesOptions,
  watch: JobWatch | null = null,
): Promise<JobRecord> {
  const seconds = waitSecondsOf(request.query.wait, request.headers.prefer);
  if (seconds === 0) return options.thumbnails.read(id, callerOf(request));
  reply.header('preference-applied', `wait=${seconds}`);
  return waitForEnd(id, callerOf(request), seconds * 1000, reply, options, watch);
}

async function viewOf(
  record: JobRecord,
  query: ReadQuery,
  { thumbnails, viewThumbnail }: ThumbnailRoutesOptions,
): Promise<Thumbnail> {
  const view = await viewThumbnail(record);
  if (query.include !== 'base64' || !view.renditions) return view;
  const renditions = view.renditions.map(async (rendition) => {
    const { bytes } = await thumbnails.readFile(record, rendition.name);
    return { ...rendition, base64: bytes.toString('base64') };
  });
  return { ...view, renditions: await Promise.all(renditions) };
}

function sendRecord(reply: FastifyReply, record: JobRecord, view: Thumbnail, ifNoneMatch?: string): FastifyReply {
  const body = JSON.stringify(view);
  const etag = `W/"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
  reply.header('etag', etag).header('cache-control', 'no-cache');
  if (!isEnded(record)) reply.header('retry-after', retryAfterSeconds);
  if (matchesEtag(ifNoneMatch, etag)) return reply.code(304).send();
  return reply.type('application/json').send(body);
}

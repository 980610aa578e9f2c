/** The calls of older thumbnail services, unchanged for their clients: thin aliases of the same use cases. */
import { UploadFields } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { callerOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { receiveForm } from '../http/receive-form.ts';
import { sendFile } from '../http/send-file.ts';
import { isEnded, retryAfterSeconds, type Thumbnails } from '../thumbnails/thumbnails.ts';

export type CompatRoutesOptions = {
  thumbnails: Thumbnails;
  publicUrl: string;
  uploadMaxBytes: number;
  sharedFiles: boolean;
};

const config = { scope: 'thumbnails' } as const;
const submitConfig = { ...config, makesJob: true } as const;
const TaskQuery = Type.Object({ task_id: Type.String() });
const SourceBody = Type.Object({ source_image_url: Type.String({ minLength: 1 }) }, { additionalProperties: false });
/** What those services answered with, whatever came in. */
const jpegOnly = { format: 'jpeg' } as const;

/** The words of Celery's task states. */
function taskStatusOf(record: JobRecord): 'SUCCESS' | 'FAILURE' | 'PENDING' {
  if (!isEnded(record)) return 'PENDING';
  return record.result === null ? 'FAILURE' : 'SUCCESS';
}

export const compatRoutes: FastifyPluginAsync<CompatRoutesOptions> = async (app, options) => {
  const { thumbnails, publicUrl } = options;
  const hidden = { hide: true };

  app.post<{ Body: { source_image_url: string } }>(
    '/thumbnail',
    { schema: { ...hidden, body: SourceBody }, config: submitConfig },
    async (request, reply) => {
      const id = idFor(request);
      await thumbnails.submitUrl(id, request.body.source_image_url, jpegOnly, callerOf(request));
      return reply.send({ task_id: id });
    },
  );

  app.get<{ Querystring: { task_id: string } }>(
    '/thumbnail',
    { schema: { ...hidden, querystring: TaskQuery }, config },
    async (request, reply) => {
      const record = await thumbnails.read(request.query.task_id, callerOf(request));
      const status = taskStatusOf(record);
      const file = status === 'SUCCESS' ? await thumbnails.readFile(record) : null;
      return reply.send({
        message: 'ok',
        task_id: record.id,
        status,
        base64_thumbnail_data: file?.bytes.toString('base64') ?? null,
        ...(record.problem && { error: record.problem.message }),
      });
    },
  );

  app.get<{ Querystring: { task_id: string } }>(
    '/thumbnail/file',
    { schema: { ...hidden, querystring: TaskQuery }, config },
    (request, reply) => sendPicture(request.query.task_id, request, reply, options),
  );

  app.post('/thumbnails', { schema: hidden, config: submitConfig }, async (request, reply) => {
    const form = await receiveForm(request, UploadFields, thumbnails.receive, options.uploadMaxBytes);
    if (!(await claimForm(request, reply, form))) return reply;
    const id = idFor(request);
    await thumbnails.submitUpload(id, form.upload, form.fields, callerOf(request));
    const url = `${publicUrl}/thumbnails/${id}`;
    return reply.code(202).header('location', url).send({ id, status: 'queued', url });
  });

  for (const path of ['/thumbnails/:name', '/thumbnail/:name']) {
    app.get<{ Params: { name: string } }>(path, { schema: hidden, config }, async (request, reply) => {
      const id = request.params.name.replace(/\.(jpe?g|png|webp|avif)$/, '');
      const record = await thumbnails.read(id, callerOf(request));
      if (isEnded(record)) return sendPicture(id, request, reply, options);
      return reply
        .code(202)
        .header('retry-after', retryAfterSeconds)
        .send({ id, status: record.status, url: `${publicUrl}/thumbnails/${id}` });
    });
  }
};

async function sendPicture(
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { thumbnails, sharedFiles }: CompatRoutesOptions,
) {
  const record = await thumbnails.read(id, callerOf(request));
  return sendFile(request, reply, await thumbnails.readFile(record), { record, shared: sharedFiles });
}

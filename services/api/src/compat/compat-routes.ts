/** The calls of older thumbnail services, unchanged for their clients: thin aliases of the same use cases. */
import { UploadFields } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { callerOf, uploaderOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { sendJson } from '../http/json-with-files.ts';
import { type ReceiveFile, receiveForm } from '../http/receive-form.ts';
import { sendFile } from '../http/send-file.ts';
import { isEnded, retryAfterSeconds } from '../thumbnails/look-up.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';

export type CompatRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'receive' | 'submit' | 'read' | 'fileOf'>;
  publicUrl: string;
  uploadMaxBytes: number;
  /** Whether files may be kept by shared caches. */
  sharedFiles: boolean;
};

const config = { scope: 'thumbnails' } as const;
const submitConfig = { ...config, makesJob: true, repeat: 'rebuilt' } as const;
const hide = true;
const TaskQuery = Type.Object({ task_id: Type.String() });
const SourceBody = Type.Object({ source_image_url: Type.String({ minLength: 1 }) }, { additionalProperties: false });
type TaskRequest = { Querystring: { task_id: string } };
/** What those services answered with, whatever came in. */
const jpegOnly = { format: 'jpeg' } as const;

export const compatRoutes: FastifyPluginAsync<CompatRoutesOptions> = async (app, options) => {
  await app.register(taskRoutes, options);
  await app.register(pictureRoutes, options);
};

/** `/thumbnail` with a `task_id`, as Celery's services have it. */
const taskRoutes: FastifyPluginAsync<CompatRoutesOptions> = async (app, { thumbnails, sharedFiles }) => {
  app.post<{ Body: { source_image_url: string } }>(
    '/thumbnail',
    { schema: { hide, body: SourceBody }, config: submitConfig },
    async (request, reply) => {
      const source = { url: request.body.source_image_url };
      const order = { id: idFor(request), source, options: jpegOnly, caller: callerOf(request) };
      if (request.repeats === null) await thumbnails.submit(order);
      return reply.send({ task_id: order.id });
    },
  );

  app.get<TaskRequest>('/thumbnail', { schema: { hide, querystring: TaskQuery }, config }, async (request, reply) => {
    const caller = callerOf(request);
    const record = await thumbnails.read(request.query.task_id, caller);
    const status = taskStatusOf(record);
    const file = status === 'SUCCESS' ? thumbnails.fileOf(record, caller) : null;
    const { problem, id } = record;
    const facts = { message: 'ok', task_id: id, status, ...(problem && { error: problem.message }) };
    const head = JSON.stringify(facts).slice(0, -1);
    const pieces = file ? [`${head},"base64_thumbnail_data":"`, file, '"}'] : [`${head},"base64_thumbnail_data":null}`];
    return sendJson(request, reply, pieces);
  });

  app.get<TaskRequest>(
    '/thumbnail/file',
    { schema: { hide, querystring: TaskQuery }, config },
    async (request, reply) => {
      const caller = callerOf(request);
      const record = await thumbnails.read(request.query.task_id, caller);
      return sendFile(request, reply, thumbnails.fileOf(record, caller), sharedFiles);
    },
  );
};

/** `/thumbnails` with a file, and the picture under its name. */
const pictureRoutes: FastifyPluginAsync<CompatRoutesOptions> = async (app, options) => {
  const { thumbnails, publicUrl, uploadMaxBytes, sharedFiles } = options;

  app.post('/thumbnails', { schema: { hide }, config: submitConfig }, async (request, reply) => {
    const receive: ReceiveFile = (file) => thumbnails.receive(file, uploaderOf(request));
    const form = await receiveForm(request, UploadFields, receive, uploadMaxBytes);
    if (!(await claimForm(request, reply, form))) return reply;
    const { upload, fields } = form;
    const order = { id: idFor(request), source: { upload }, options: fields, caller: callerOf(request) };
    if (request.repeats === null) await thumbnails.submit(order);
    const url = `${publicUrl}/thumbnails/${order.id}`;
    return reply.code(202).header('location', url).send({ id: order.id, status: 'queued', url });
  });

  const byName = async (request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply) => {
    const id = request.params.name.replace(/\.(jpe?g|png|webp|avif)$/, '');
    const caller = callerOf(request);
    const record = await thumbnails.read(id, caller);
    if (isEnded(record)) return sendFile(request, reply, thumbnails.fileOf(record, caller), sharedFiles);
    return reply
      .code(202)
      .header('retry-after', retryAfterSeconds)
      .send({ id, status: record.status, url: `${publicUrl}/thumbnails/${id}` });
  };
  for (const path of ['/thumbnails/:name', '/thumbnail/:name']) {
    app.get<{ Params: { name: string } }>(path, { schema: { hide }, config }, byName);
  }
};

/** The words of Celery's task states. */
function taskStatusOf(record: JobRecord): 'SUCCESS' | 'FAILURE' | 'PENDING' {
  if (!isEnded(record)) return 'PENDING';
  return record.result === null ? 'FAILURE' : 'SUCCESS';
}

/** `POST /v1/thumbnails`: a picture comes in, as JSON with its URL, as a form, or as the whole body. */
import { maxBatchItems, Problem, type ThumbnailRequest, UploadFields } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, uploaderOf } from '../http/caller.ts';
import { completeBodies } from '../http/completed-fields.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { type ReceivedFiles, type ReceivedForm, type ReceiveFile, receiveFiles } from '../http/receive-form.ts';
import { receivePicture, requireNoOptions, takePictures } from '../http/receive-picture.ts';
import { validateAllButNames } from '../http/request-validation.ts';
import { withWait } from '../http/waiting.ts';
import type { Presets } from '../presets/presets.ts';
import type { AnswerRecord, ReadQuery } from './answer-record.ts';
import type { NewThumbnail } from './job-preparation.ts';
import { isEnded, madeHere } from './look-up.ts';
import { readQueryNames, submitSchemaFor } from './thumbnail-schemas.ts';
import type { Thumbnails } from './thumbnails.ts';

export type SubmitRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'receive' | 'submitAndRead' | 'readEnded'>;
  answerRecord: AnswerRecord;
  publicUrl: string;
  uploadMaxBytes: number;
  /** Most bytes of all files of one form. */
  formMaxBytes: number;
  /** Answers a form of several files. */
  handInSeveral: HandInSeveral;
  stopping: AbortSignal;
  presets: Pick<Presets, 'fill'>;
};

export type HandInSeveral = (
  request: SubmitRequest,
  reply: FastifyReply,
  form: ReceivedFiles<UploadFields>,
) => Promise<FastifyReply>;

export type SubmitRequest = FastifyRequest<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>;

export const submitRoutes: FastifyPluginAsync<SubmitRoutesOptions> = async (app, options) => {
  const { thumbnails, answerRecord, publicUrl, stopping, presets } = options;
  const config = { scope: 'thumbnails', makesJob: true, repeat: 'rebuilt', completes: presets.fill } as const;
  const schema = submitSchemaFor(publicUrl);
  takePictures(app);
  completeBodies(app);

  app.post<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>(
    '/v1/thumbnails',
    { schema, config, validatorCompiler: validateAllButNames },
    async (request, reply) => {
      if (!request.sendsPicture) requireNoOptions(request, UploadFields, readQueryNames);
      const isFile = request.isMultipart() || request.sendsPicture;
      const order = isFile ? await orderOfFiles(request, reply, options) : orderInBody(request);
      if (order === null) return reply;
      const record = await withWait(request, reply, stopping, (wait) =>
        request.repeats === null
          ? thumbnails.submitAndRead(order, wait)
          : madeHere(thumbnails.readEnded(request.repeats, order.caller, wait)),
      );
      reply.header('location', `${publicUrl}/v1/thumbnails/${order.id}`);
      return answerRecord(record, request, reply.code(isEnded(record) ? 200 : 202));
    },
  );
};

/** A request without any body has passed no schema. */
function orderInBody(request: SubmitRequest): NewThumbnail {
  const { body } = request;
  if (!body)
    throw new Problem('invalid_request', {
      detail: 'A body is needed: JSON with a URL, a form with a file, or a picture.',
    });
  return { id: idFor(request), source: { url: body.url }, options: body, caller: callerOf(request) };
}

/** A form with a file, or the picture alone; null when it is answered: the same one was before, or it has several. */
async function orderOfFiles(
  request: SubmitRequest,
  reply: FastifyReply,
  { thumbnails, uploadMaxBytes, formMaxBytes, handInSeveral }: SubmitRoutesOptions,
): Promise<NewThumbnail | null> {
  const receive: ReceiveFile = (file, bytesBefore) => thumbnails.receive(file, uploaderOf(request, bytesBefore));
  if (request.sendsPicture) {
    const form = await receivePicture(request, UploadFields, receive, readQueryNames, uploadMaxBytes);
    return orderOf(form, request, reply);
  }
  const limits = { maxBytes: uploadMaxBytes, maxBytesOfAll: formMaxBytes, maxFiles: maxBatchItems };
  const { files, fields } = await receiveFiles(request, UploadFields, receive, limits);
  const [upload, ...others] = files;
  if (others.length > 0) {
    await handInSeveral(request, reply, { files, fields });
    return null;
  }
  if (upload === undefined || upload instanceof Problem) throw upload;
  return orderOf({ upload, fields }, request, reply);
}

async function orderOf(
  form: ReceivedForm<UploadFields>,
  request: SubmitRequest,
  reply: FastifyReply,
): Promise<NewThumbnail | null> {
  if (!(await claimForm(request, reply, form))) return null;
  const { upload, fields } = form;
  return { id: idFor(request), source: { upload }, options: fields, caller: callerOf(request) };
}

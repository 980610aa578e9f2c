/** `POST /v1/thumbnails`: a picture comes in, as JSON with its URL or as a form. */
import { Problem, type ThumbnailRequest, UploadFields } from '@tintype/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, uploaderOf } from '../http/caller.ts';
import { claimForm, idFor } from '../http/idempotent-requests.ts';
import { type ReceiveFile, receiveForm } from '../http/receive-form.ts';
import { withWait } from '../http/waiting.ts';
import type { AnswerRecord, ReadQuery } from './answer-record.ts';
import type { NewThumbnail } from './job-preparation.ts';
import { isEnded, madeHere } from './look-up.ts';
import { submitSchemaFor } from './thumbnail-schemas.ts';
import type { Thumbnails } from './thumbnails.ts';

export type SubmitRoutesOptions = {
  thumbnails: Pick<Thumbnails, 'receive' | 'submitAndRead' | 'readEnded'>;
  answerRecord: AnswerRecord;
  publicUrl: string;
  uploadMaxBytes: number;
  stopping: AbortSignal;
};

type SubmitRequest = FastifyRequest<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>;
const config = { scope: 'thumbnails', makesJob: true, repeat: 'rebuilt' } as const;

export const submitRoutes: FastifyPluginAsync<SubmitRoutesOptions> = async (app, options) => {
  const { thumbnails, answerRecord, publicUrl, stopping } = options;
  const schema = submitSchemaFor(publicUrl);

  app.post<{ Querystring: ReadQuery; Body?: ThumbnailRequest }>(
    '/v1/thumbnails',
    { schema, config },
    async (request, reply) => {
      const order = request.isMultipart() ? await orderInForm(request, reply, options) : orderInBody(request);
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
    throw new Problem('invalid_request', { detail: 'A body is needed: JSON with a URL, or a form with a file.' });
  return { id: idFor(request), source: { url: body.url }, options: body, caller: callerOf(request) };
}

/** Null when the same form has been answered before. */
async function orderInForm(
  request: SubmitRequest,
  reply: FastifyReply,
  { thumbnails, uploadMaxBytes }: SubmitRoutesOptions,
): Promise<NewThumbnail | null> {
  const receive: ReceiveFile = (file) => thumbnails.receive(file, uploaderOf(request));
  const form = await receiveForm(request, UploadFields, receive, uploadMaxBytes);
  if (!(await claimForm(request, reply, form))) return null;
  const { upload, fields } = form;
  return { id: idFor(request), source: { upload }, options: fields, caller: callerOf(request) };
}

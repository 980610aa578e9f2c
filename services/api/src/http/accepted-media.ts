/** What types of bodies a route takes, by its document; and the reader of forms, for those that take some. */
import multipart from '@fastify/multipart';
import { Problem } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

const form = 'multipart/form-data';

/** Of a route whose document names no types, JSON. */
function acceptedTypes({ routeOptions }: FastifyRequest): string[] {
  const body: unknown = routeOptions.schema?.body;
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : null;
  return typeof content === 'object' && content !== null ? Object.keys(content) : ['application/json'];
}

/** A body of a type that the route does not take. */
export function wrongMedia(request: FastifyRequest, cause?: unknown): Problem {
  const detail = `Send the body as ${acceptedTypes(request).join(' or ')}, and say so in Content-Type.`;
  return new Problem('unsupported_media_type', { detail, cause });
}

/** Registers the reader of forms. Elsewhere a form would be no body at all, and each of its fields said to be missing. */
export const forms = fastifyPlugin(async (app) => {
  await app.register(multipart, { throwFileSizeLimit: false });
  app.addHook('preValidation', async (request) => {
    const { schema } = request.routeOptions;
    if (schema?.body !== undefined && request.isMultipart() && !acceptedTypes(request).includes(form))
      throw wrongMedia(request);
  });
});

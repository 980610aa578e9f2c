/** W3C Trace Context: the trace that a request belongs to is taken or begun, returned, logged and handed to the job. */
import { randomUUID } from 'node:crypto';
import { traceparentOf } from '@tintype/contracts';
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyRequest {
    /** `traceparent` of this request's own span, as the job gets it. */
    traceparent: string;
  }
}

/** Version 00, https://www.w3.org/TR/trace-context/#traceparent-header; an id of zeros is not valid. */
const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Of `00-<trace>`. */
const traceLength = 35;

export const traceContext = fastifyPlugin(async (app) => {
  app.decorateRequest('traceparent', '');
  app.addHook('onRequest', (request, reply, done) => {
    request.traceparent = spanOf(request);
    reply.header('traceparent', request.traceparent);
    done();
  });
});

/** A span of our own in the caller's trace, or in a new one that is not sampled. */
function spanOf({ id, headers }: FastifyRequest): string {
  const given = headers.traceparent;
  const [, trace, flags] = (typeof given === 'string' && pattern.exec(given)) || [];
  if (trace) return `00-${trace}-${randomHex().slice(16)}-${flags}`;
  const own = traceparentOf(id);
  if (own === undefined) return `00-${randomHex()}-${randomHex().slice(16)}-00`;
  // An id that the client chose may come again: the same trace then, but another span.
  return headers['x-request-id'] === id ? `${own.slice(0, traceLength)}-${randomHex().slice(16)}-00` : own;
}

/** 122 random bits as 32 digits, of which Node draws many at once. */
function randomHex(): string {
  return randomUUID().replaceAll('-', '');
}

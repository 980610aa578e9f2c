/** Lets every POST take an `Idempotency-Key`: claims the work before the handler, remembers the answer behind it. */
import { createHash } from 'node:crypto';
import { newThumbnailId, Problem } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { type Claim, type Idempotency, isKeptAnswer } from './idempotency.ts';
import { discardOnFailure, type ReceivedForm } from './receive-form.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The claim of a request that came with a key. */
    claim: Claim | null;
  }
  interface FastifyInstance {
    claimRequest: ClaimRequest;
  }
}

type ClaimRequest = (request: FastifyRequest, reply: FastifyReply, parts: unknown) => Promise<boolean>;

export type IdempotentRequestsOptions = {
  idempotency: Idempotency;
  /** A larger answer is not remembered: the same request is then answered anew, from what was made under its id. */
  maxKeptBytes: number;
};

const keyPattern = /^[\x21-\x7e]{1,255}$/;
/** Headers that belong to an answer, and not to the connection that it went over. */
const keptHeaders = ['content-type', 'location', 'retry-after', 'etag', 'cache-control'];
/** What changes how an answer is waited for or shown, and not what is done. */
const presentation = new Set(['wait', 'include']);

/** JSON requests are claimed before their handler; forms by `claimForm`, when they have been read. */
export const idempotentRequests = fastifyPlugin<IdempotentRequestsOptions>(async (app, options) => {
  const { idempotency, maxKeptBytes } = options;
  app.decorateRequest('claim', null);

  const claim: ClaimRequest = async (request, reply, parts) => {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return true;
    if (typeof key !== 'string' || !keyPattern.test(key)) {
      throw new Problem('invalid_request', { detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.' });
    }
    const found = await idempotency.claim({ tenant: request.tenant, key, fingerprint: fingerprintOf(request, parts) });
    if (!isKeptAnswer(found)) {
      request.claim = found;
      return true;
    }
    await reply.code(found.status).headers(found.headers).header('idempotent-replayed', 'true').send(found.body);
    return false;
  };
  app.decorate('claimRequest', claim);

  app.addHook('preHandler', (request, reply, done) => {
    const isKeyed = request.headers['idempotency-key'] !== undefined;
    if (!isKeyed || request.method !== 'POST' || request.isMultipart()) return done();
    // Whoever is answered already never reaches the handler.
    claim(request, reply, request.body).then((claimed) => claimed && done(), done);
  });

  app.addHook('onSend', (request, reply, payload, done) => {
    const { claim } = request;
    if (!claim) return done(null, payload);
    request.claim = null;
    settle(claim, reply, payload, maxKeptBytes)
      .catch((err) => request.log.warn({ err }, 'the answer could not be remembered'))
      .then(() => done(null, payload), done);
  });
});

/**
 * For handlers of forms, once the form is read: its fingerprint is of the fields and the file, not of the body's bytes.
 * Resolves with false when the answer has been given, as it was the first time; the file is discarded then, and when
 * this throws.
 */
export async function claimForm(request: FastifyRequest, reply: FastifyReply, form: ReceivedForm<unknown>) {
  const { upload, fields } = form;
  return discardOnFailure(upload, async () => {
    const claimed = await request.server.claimRequest(request, reply, { fields, file: upload.sha256 });
    if (!claimed) await upload.discard();
    return claimed;
  });
}

/** The id for what the request makes: the claimed one, or a new one. */
export function idFor({ claim }: FastifyRequest): string {
  return claim?.id ?? newThumbnailId();
}

/** A failure that may pass is not remembered: the next try shall have its chance. */
async function settle(claim: Claim, reply: FastifyReply, payload: unknown, maxKeptBytes: number): Promise<void> {
  const mayPass = reply.statusCode >= 500 || reply.statusCode === 429;
  // What is long comes as a stream.
  if (mayPass || typeof payload !== 'string' || Buffer.byteLength(payload) > maxKeptBytes) {
    claim.release();
    return;
  }
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  await claim.keep({ status: reply.statusCode, headers: Object.fromEntries(headers), body: payload });
}

function fingerprintOf({ routeOptions, params, query }: FastifyRequest, parts: unknown): string {
  const shown = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const said = shown.filter(([name]) => !presentation.has(name));
  return createHash('sha256')
    .update(canonical([routeOptions.url, params, Object.fromEntries(said), parts ?? null]))
    .digest('base64url');
}

/** JSON in which the order of fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

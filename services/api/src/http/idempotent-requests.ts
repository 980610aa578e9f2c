/** Lets every POST take an `Idempotency-Key`: claims the work before the handler, remembers the answer behind it. */
import { createHash } from 'node:crypto';
import { isFields, newThumbnailId, Problem, ProblemDocument, readStored } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Identity } from './auth/identity.ts';
import type { Claim, Idempotency, Kept } from './idempotency.ts';
import { logRefusal } from './problem-answers.ts';
import { discardAll, type ReceivedFiles, type ReceivedForm } from './receive-form.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The claim of a request that came with a key. */
    claim: Claim | null;
    /** The id under which an earlier request with this key was done: this one reads what came of it, and makes nothing. */
    repeats: string | null;
  }
  interface FastifyContextConfig {
    /**
     * What a request that succeeded comes to when it is repeated; without this the answer is kept, and given again.
     * `rebuilt`: the handler answers again, from what the first one has made (`request.repeats`), which is made again
     * when Redis has lost it; `reread`: the same, from what both requests name; `refused`: the first answer had a secret,
     * and to make another one is not the same; `anew`: the answer has a secret, and nothing is kept by giving another
     * one.
     */
    repeat?: 'rebuilt' | 'reread' | 'refused' | 'anew';
  }
  interface FastifyInstance {
    claimRequest: ClaimRequest;
  }
}

type ClaimRequest = (request: FastifyRequest, reply: FastifyReply, parts: unknown) => Promise<boolean>;

export type IdempotentRequestsOptions = {
  idempotency: Idempotency;
  /** A larger answer is not remembered: the same request is then done anew. */
  maxKeptBytes: number;
};

/** What a key may be. */
export const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;
/** Headers that belong to an answer, and not to the connection that it went over. */
const keptHeaders = ['content-type', 'location', 'retry-after', 'etag', 'cache-control'];
const secretIsGone =
  'The first request with this Idempotency-Key was answered with a secret, which is not kept. Revoke what it made, and ask under another key.';
/** What changes how an answer is waited for or shown, and not what is done. */
const presentation = new Set(['wait', 'include']);

/** JSON requests are claimed before their handler; forms by `claimForm`, when they have been read. */
export const idempotentRequests = fastifyPlugin<IdempotentRequestsOptions>(async (app, options) => {
  const { idempotency, maxKeptBytes } = options;
  app.decorateRequest('claim', null);
  app.decorateRequest('repeats', null);

  const claim: ClaimRequest = async (request, reply, parts) => {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return true;
    if (typeof key !== 'string' || !idempotencyKeyPattern.test(key)) {
      throw new Problem('invalid_request', { detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.' });
    }
    const asker = askerOf(request.identity);
    const fingerprint = fingerprintOf(request, parts, asker);
    const redoesLost = request.routeOptions.config.repeat === 'rebuilt';
    const found = await idempotency.claim({ tenant: request.tenant, asker, key, fingerprint, redoesLost });
    if (found.kind === 'refused') throw new Problem('conflict', { detail: secretIsGone });
    if (found.kind === 'claimed') {
      request.claim = found.claim;
      return true;
    }
    reply.header('idempotent-replayed', 'true');
    if (found.kind === 'rebuilt') {
      request.repeats = found.id;
      return true;
    }
    const { status, headers, body } = found.answer;
    if (status >= 400) logRefusal(request, { status, ...firstRefusal(body) });
    await reply.code(status).headers(headers).send(body);
    return false;
  };
  app.decorate('claimRequest', claim);

  app.addHook('preHandler', (request, reply, done) => {
    const isKeyed = request.headers['idempotency-key'] !== undefined;
    if (!isKeyed || request.method !== 'POST' || request.isMultipart() || request.sendsPicture) return done();
    // Whoever is answered already never reaches the handler.
    claim(request, reply, request.body).then((claimed) => claimed && done(), done);
  });

  app.addHook('onSend', (request, reply, payload, done) => {
    const { claim } = request;
    if (!claim) return done(null, payload);
    request.claim = null;
    settle(claim, request, reply, payload, maxKeptBytes)
      .catch((err) => request.log.warn({ err }, 'the answer could not be remembered'))
      .then(() => done(null, payload), done);
  });
});

/**
 * For handlers of forms, once the form is read: its fingerprint is of the fields and the file, not of the body's bytes.
 * Resolves with false when the answer has been given, as it was the first time. The file is discarded then, when this
 * throws, and when the request repeats one that has used it.
 */
export async function claimForm(request: FastifyRequest, reply: FastifyReply, form: ReceivedForm<unknown>) {
  const { upload, fields } = form;
  return claimParts(request, reply, [upload], { fields, file: upload.sha256 });
}

/** The same of several files; of one that is no picture its problem counts, for that is what comes of it. */
export async function claimFiles(request: FastifyRequest, reply: FastifyReply, form: ReceivedFiles<unknown>) {
  const { files, fields } = form;
  const named = files.map((file) => (file instanceof Problem ? file.code : file.sha256));
  return claimParts(request, reply, files, { fields, files: named });
}

async function claimParts(
  request: FastifyRequest,
  reply: FastifyReply,
  files: ReceivedFiles<unknown>['files'],
  parts: object,
): Promise<boolean> {
  try {
    const claimed = await request.server.claimRequest(request, reply, parts);
    if (!claimed || request.repeats !== null) await discardAll(files);
    return claimed;
  } catch (err) {
    await discardAll(files);
    throw err;
  }
}

/** The id for what the request makes, or has made before: the claimed one, or a new one. */
export function idFor({ claim, repeats }: FastifyRequest): string {
  return repeats ?? claim?.id ?? newThumbnailId();
}

/** What a kept refusal says, and under which request it was given first: its body names that one. */
function firstRefusal(body: string): { code?: string; firstRequestId?: string } {
  try {
    const { code, request_id: firstRequestId } = readStored(ProblemDocument, body);
    return firstRequestId === undefined ? { code } : { code, firstRequestId };
  } catch {
    return {};
  }
}

/** Who asks, by key or token, and what for they may: an answer is for nobody else, nor for the same one with less. */
function askerOf(identity: Identity | null): string | null {
  return identity && JSON.stringify([identity.kind, identity.id, [...identity.scopes].sort()]);
}

async function settle(
  claim: Claim,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  maxKeptBytes: number,
): Promise<void> {
  const kept = whatToKeep(request, reply, payload, maxKeptBytes);
  if (kept) await claim.keep(kept);
  else claim.release();
}

/** Null for nothing: the next try does the work. A failure that may pass is not remembered, so that it has its chance. */
function whatToKeep(
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  maxKeptBytes: number,
): Kept | null {
  const { statusCode } = reply;
  const { repeat } = routeOptions.config;
  if (statusCode >= 500 || statusCode === 429) return null;
  if (statusCode < 400 && repeat === 'anew') return null;
  if (statusCode < 400 && repeat !== undefined) return { repeat: repeat === 'refused' ? 'refused' : 'rebuilt' };
  // What is long comes as a stream.
  if (typeof payload !== 'string' || Buffer.byteLength(payload) > maxKeptBytes) return null;
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  return { status: statusCode, headers: Object.fromEntries(headers), body: payload };
}

function fingerprintOf({ routeOptions, params, query }: FastifyRequest, parts: unknown, asker: string | null): string {
  const shown = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const said = shown.filter(([name]) => !presentation.has(name));
  const asked = [routeOptions.url, params, Object.fromEntries(said), parts ?? null];
  return createHash('sha256')
    .update(canonical(asker === null ? asked : [...asked, asker]))
    .digest('base64url');
}

/** JSON in which the order of fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    isFields(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

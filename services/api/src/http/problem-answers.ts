/** The one place where errors become answers: RFC 9457 bodies for problems, an opaque 500 for defects. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { Problem, type ProblemCode } from '@tintype/contracts';
import { ClientGone, type Logger } from '@tintype/runtime';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { wrongMedia } from './accepted-media.ts';
import { bodyTooLarge } from './body-limit.ts';
import { withPlacesInUrl } from './misplaced-fields.ts';

declare module 'fastify' {
  interface FastifyRequest {
    isRefusalLogged: boolean;
  }
}

/** What the framework and its plugins mean by the status of their own errors. */
const codeByStatus: Record<number, ProblemCode> = {
  400: 'invalid_request',
  403: 'not_found', // of files: a path that climbs out of its folder
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'invalid_request',
  413: 'payload_too_large',
  414: 'invalid_request',
  415: 'unsupported_media_type',
  431: 'invalid_request',
};

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export type ProblemAnswersOptions = { publicUrl: string };

/** Installs the error handler and the handler for paths and methods that do not exist. */
export const problemAnswers = fastifyPlugin<ProblemAnswersOptions>(async (app, { publicUrl }) => {
  const typeBase = typeBaseOf(publicUrl);
  const patterns: { method: string; url: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+').replace(/\*/g, '.*')}$`);
    for (const name of [method].flat()) patterns.push({ method: name, url, pattern });
  });
  const missing = (request: FastifyRequest, reply: FastifyReply): Problem => {
    const path = request.url.split('?')[0] ?? '';
    const named = patterns.filter((p) => p.url === path);
    // A path that is there by its own name is no id, though the pattern of ids fits it.
    const fitting = named.length > 0 ? named : patterns.filter((p) => p.pattern.test(path));
    const allowed = allMethods.filter((name) => fitting.some((p) => p.method === name));
    // A route that is there for this method, like that of files, may find nothing all the same.
    if (allowed.length === 0 || allowed.some((name) => name === request.method))
      return new Problem('not_found', { detail: `There is no ${request.method} ${path}.` });
    reply.header('allow', allowed.join(', '));
    return new Problem('method_not_allowed', {
      detail: `${request.method} is not taken here: use ${allowed.join(' or ')}.`,
    });
  };
  app.setErrorHandler<FastifyError>((err, request, reply) => {
    // A body that cannot be read matters less than that there is nobody to read it.
    const problem = request.is404 ? missing(request, reply) : problemOf(err, request);
    return answer(problem, err, request, reply, typeBase);
  });
  app.setNotFoundHandler((request, reply) => answer(missing(request, reply), null, request, reply, typeBase));
});

/** Where each code has its paragraph. */
export function typeBaseOf(publicUrl: string): string {
  return `${publicUrl}/docs/errors`;
}

/** Problems pass; the framework's 4xx errors are translated; the rest are defects. */
function problemOf(err: FastifyError, request: FastifyRequest): Problem {
  if (err instanceof Problem) return withPlacesInUrl(err, request);
  if (err instanceof ClientGone) return new Problem('invalid_request', { detail: err.message, cause: err });
  const code = err.statusCode === undefined ? undefined : codeByStatus[err.statusCode];
  if (code === 'unsupported_media_type') return wrongMedia(request, err);
  if (err.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(request.routeOptions.bodyLimit);
  if (code !== undefined) return new Problem(code, { detail: frameworkDetail(err), cause: err });
  return new Problem('internal_error', { detail: 'Something went wrong on our side.', cause: err });
}

/** Texts of Fastify's own errors are meant for clients; those of libraries below it are not. */
function frameworkDetail(err: FastifyError): string {
  if (err.code?.startsWith('FST_')) return err.message;
  return err instanceof SyntaxError || err.name === 'SyntaxError'
    ? 'The body is not valid JSON.'
    : 'The request is malformed.';
}

/** One line for each answer that is an error, whoever gives it. */
export function logRefusal(request: FastifyRequest, facts: object, level: 'info' | 'warn' = 'info'): void {
  if (request.isRefusalLogged) return;
  request.isRefusalLogged = true;
  const { method, url } = request;
  request.log[level]({ method, url, ...facts }, 'refused');
}

function answer(
  problem: Problem,
  err: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  typeBase: string,
): FastifyReply {
  const { status, code } = problem;
  if (code === 'internal_error') logDefect(request, { status, code, err });
  else if (status >= 500) logRefusal(request, { status, code, err: problem }, 'warn');
  else logRefusal(request, { status, code });
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', problem.retryAfterSeconds);
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem.toDocument(typeBase, request.id)));
}

function logDefect(request: FastifyRequest, facts: object): void {
  request.isRefusalLogged = true;
  const { method, url } = request;
  request.log.error({ method, url, ...facts }, 'defect');
}

/** Answers what the router refuses before a route exists: a broken escape, an overlong parameter. */
export function answerFrameworkError(publicUrl: string) {
  return (err: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('x-request-id', request.id);
    answer(problemOf(err, request), err, request, reply, typeBaseOf(publicUrl));
  };
}

/** What Node's parser refuses, by its code: status and words. Everything else is not HTTP at all. */
const brokenHttp: Record<string, [status: string, detail: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers or the URL are too long.'],
  HPE_INVALID_EOF_STATE: ['400 Bad Request', 'The connection was closed before the request was complete.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
};

/** Raw answer where no request object exists: to what is not HTTP, too many headers, or a request that never ends. */
export function answerBrokenHttp(publicUrl: string, logger: Logger) {
  const answerRaw = createRawAnswers(publicUrl, logger);
  return (err: NodeJS.ErrnoException, socket: Socket): void => {
    if (!socket.writable) return void socket.destroy();
    const [statusLine, detail] = brokenHttp[err.code ?? ''] ?? ['400 Bad Request', 'This is not HTTP.'];
    answerRaw(socket, statusLine, new Problem('invalid_request', { detail }), { reason: err.code });
  };
}

/** Answers a request that expects of us what we do not know: Node would do so without a word. */
export function answerExpectation(publicUrl: string, logger: Logger) {
  const answerRaw = createRawAnswers(publicUrl, logger);
  return ({ headers, socket }: FastifyRequest['raw']): void => {
    const detail = `Expect: ${headers.expect} is not known here; 100-continue is, and no expectation at all.`;
    answerRaw(socket, '417 Expectation Failed', new Problem('invalid_request', { detail }), { reason: 'expectation' });
  };
}

const statusLines: Record<number, string> = { 429: '429 Too Many Requests', 503: '503 Service Unavailable' };

/** Answers a connection for which there is no room, whatever it is about to ask, and closes it. */
export function refuseConnection(publicUrl: string, logger: Logger) {
  const answerRaw = createRawAnswers(publicUrl, logger);
  return (problem: unknown, socket: Socket): void => {
    if (!(problem instanceof Problem)) throw problem;
    answerRaw(socket, statusLines[problem.status] ?? `${problem.status}`, problem, { reason: 'connections' });
    socket.destroySoon();
  };
}

function createRawAnswers(publicUrl: string, logger: Logger) {
  const typeBase = typeBaseOf(publicUrl);
  return (socket: Socket, statusLine: string, problem: Problem, facts: object): void => {
    const [requestId, status] = [randomUUID(), Number.parseInt(statusLine, 10)];
    const { code, retryAfterSeconds } = problem;
    logger.info({ requestId, status, code, ...facts }, 'refused');
    const body = JSON.stringify({ ...problem.toDocument(typeBase, requestId), status });
    const lines = [
      `HTTP/1.1 ${statusLine}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
      'connection: close',
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  };
}

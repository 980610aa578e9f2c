/** Headers of requests and answers, as the OpenAPI document tells of them. */
import type { FastifySchema, RouteOptions } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { idempotencyKeyPattern } from '../idempotent-requests.ts';

type Header = TSchema & { description: string };

const text = (description: string): Header => ({ ...Type.String(), description });
const tag = 'tags of what you know, comma separated, or `*`';

const requestHeaders = {
  'Idempotency-Key': Type.String({
    pattern: idempotencyKeyPattern.source,
    description: 'the same key again, from the same caller, makes nothing twice, for 24 hours',
  }),
  Prefer: text('`wait=10` does the same as the parameter `wait`'),
  'If-None-Match': text(`${tag}: 304 where nothing has changed`),
  'If-Match': text('the tag of what is to be changed: 412 where it is another one by now'),
  Range: text('one part of the bytes, as `bytes=0-1023`'),
};

export const answerHeaders = {
  'X-Request-Id': text('the id of the request, yours or a new one; it is in the logs, and in every problem'),
  RateLimit: text('what is left of each quota, as `"requests";r=599;t=60`; absent where there are none'),
  'RateLimit-Policy': text('the quotas, as `"requests";q=600;w=60`; absent where there are none'),
  'Retry-After': { ...Type.Integer(), description: 'seconds after which to ask again' },
  'Preference-Applied': text('how long was waited, where you asked for it'),
  'Idempotent-Replayed': text('`true` where a request with this `Idempotency-Key` was answered before'),
  'WWW-Authenticate': text('how to send a key'),
  ETag: text('changes when the content does; for `If-None-Match`'),
  Location: text('where to look for what was made'),
  'Accept-Ranges': text('`bytes`'),
  'Content-Range': text('which bytes of how many these are'),
  'Fallback-Reason': text('why another picture is shown instead: `picture_late`, or the code of the problem'),
  'Cache-Control': text('how long it may be kept, and by whom'),
} satisfies Record<string, Header>;

export type AnswerHeader = keyof typeof answerHeaders;

/** What a request may say besides its parameters and its body, by what the route answers. */
export function requestHeadersOf(schema: FastifySchema, method: string, statuses: readonly string[]): object {
  const isGuarded = statuses.includes('412');
  const names: [keyof typeof requestHeaders, boolean][] = [
    ['Idempotency-Key', method === 'POST'],
    ['Prefer', canWait(schema)],
    ['If-Match', isGuarded],
    ['If-None-Match', isGuarded || statuses.includes('304')],
    ['Range', statuses.includes('206')],
  ];
  const taken = names.filter(([, isTaken]) => isTaken).map(([name]) => [name, Type.Optional(requestHeaders[name])]);
  return Type.Object(Object.fromEntries(taken));
}

/** Statuses whose answers say when to ask again. */
const retryStatuses = ['202', '429', '503'];
const fileStatuses = ['200', '206', '304'];

/** What an answer of this status says in its headers, besides what its schema names. */
export function answerHeadersOf(status: string, route: RouteOptions, statuses: readonly string[]) {
  return Object.fromEntries(namesOf(status, route, statuses).map((name) => [name, answerHeaders[name]]));
}

function namesOf(status: string, { schema = {}, method, config }: RouteOptions, statuses: readonly string[]) {
  const isGood = Number(status) < 400;
  const isRead = method === 'GET' && isGood;
  return [
    ...when(true, 'X-Request-Id'),
    ...when(!config?.unlimited, 'RateLimit', 'RateLimit-Policy'),
    ...when(retryStatuses.includes(status), 'Retry-After'),
    ...when(isGood && canWait(schema), 'Preference-Applied'),
    ...when(isGood && method === 'POST', 'Idempotent-Replayed'),
    ...when(isRead && statuses.includes('304'), 'ETag', 'Cache-Control'),
    ...when(isRead && statuses.includes('206') && fileStatuses.includes(status), 'Accept-Ranges'),
    ...when(status === '206' || status === '416', 'Content-Range'),
    ...when(status === '401', 'WWW-Authenticate'),
  ];
}

const when = (condition: boolean, ...names: AnswerHeader[]): AnswerHeader[] => (condition ? names : []);

/** Those that every answer has which names them. */
const certain: AnswerHeader[] = ['X-Request-Id', 'Content-Range'];

/** All of them for the document's components, by their names. */
export const headerComponents = Object.fromEntries(
  Object.entries(answerHeaders).map(([name, { description, ...schema }]) => [
    name,
    { description, ...(certain.some((one) => one === name) && { required: true }), schema },
  ]),
);

/** Headers of answers stand in the document once; operations refer to them. */
export function referToHeaders(operations: object): void {
  for (const { responses } of Object.values(operations)) {
    for (const answer of Object.values<{ headers?: object }>(responses ?? {})) {
      if (answer.headers === undefined) continue;
      const references = Object.keys(answer.headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]);
      answer.headers = Object.fromEntries(references);
    }
  }
}

function canWait({ querystring }: FastifySchema): boolean {
  return JSON.stringify(querystring ?? {}).includes('"wait"');
}

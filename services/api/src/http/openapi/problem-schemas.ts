/** The problems that a route may answer with: those that its schema names, and those that every route of its kind has. */
import {
  Problem,
  type ProblemCode,
  ProblemDocument,
  parse,
  problemCatalogue,
  ThumbnailRequest,
} from '@tintype/contracts';
import type { RouteOptions } from 'fastify';
import { referToExamples } from './route-schemas.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** What else may be wrong here, for the document: besides what may be wrong with every request of its kind. */
    problems?: readonly ProblemCode[];
    /** The query as the document has it, where the route takes other calls too. */
    documentedQuery?: object;
  }
}

/** What a job may fail with: where its end is waited for, and nothing else can be answered, it is the answer. */
export const jobProblems = [
  'not_an_image',
  'unsupported_format',
  'corrupt_image',
  'too_many_pixels',
  'source_unreachable',
  'source_status',
  'source_timeout',
  'source_forbidden_address',
  'source_too_large',
  'decode_timeout',
  'worker_crashed',
  'unreadable_watermark',
  'cancelled',
  'unreadable_record',
] as const satisfies ProblemCode[];

/** `invalid_request`: headers may be too long, or no HTTP at all, whatever is asked for. */
const always: ProblemCode[] = ['invalid_request', 'internal_error'];
const forCallers: ProblemCode[] = ['unauthorized', 'forbidden', 'rate_limited', 'dependency_unavailable'];
const forValues: ProblemCode[] = ['invalid_option'];
const forBodies: ProblemCode[] = ['payload_too_large', 'unsupported_media_type'];
const forMakers: ProblemCode[] = ['quota_exceeded', 'queue_full'];
const forKeyed: ProblemCode[] = ['idempotency_conflict', 'idempotency_mismatch'];
const forJobs: ProblemCode[] = ['storage_full'];

export function problemsOf({ schema = {}, method, config = {} }: RouteOptions): Set<ProblemCode> {
  const { problems = [], querystring, params, body } = schema;
  return new Set([
    ...problems,
    ...always,
    ...(config.scope === undefined ? [] : forCallers),
    ...((querystring ?? params ?? body) ? forValues : []),
    ...(method === 'GET' ? [] : forBodies),
    ...(method === 'POST' || method === 'PUT' ? forMakers : []),
    ...(method === 'POST' ? forKeyed : []),
    ...(config.makesJob ? forJobs : []),
    ...(config.repeat === 'refused' ? (['conflict'] as const) : []),
  ]);
}

/** An answer for each status, with an example for each code. */
export function problemAnswers(problems: ReadonlySet<ProblemCode>): Record<string, object> {
  const codes = [...problems];
  const statuses = new Set(codes.map((code) => problemCatalogue[code].status));
  return Object.fromEntries(
    [...statuses].toSorted().map((status) => [status, answerOf(codes.filter((code) => hasStatus(code, status)))]),
  );
}

const hasStatus = (code: ProblemCode, status: number) => problemCatalogue[code].status === status;

function answerOf(codes: ProblemCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${problemCatalogue[code].title}`).join(' · ');
  const examples = referToExamples(codes);
  return { description, content: { 'application/problem+json': { schema: ProblemDocument, examples } } };
}

/** By their code, as the service answers them. */
export function problemExamples(codes: ReadonlySet<ProblemCode>, typeBase: string) {
  const exampleOf = (code: ProblemCode) => {
    const value = exampleProblem(code).toDocument(typeBase, exampleRequestId);
    return [code, { summary: problemCatalogue[code].title, value }];
  };
  return Object.fromEntries([...codes].toSorted().map(exampleOf));
}

const exampleRequestId = '8f3aaff2-47db-49bf-b9ab-b0e7182d4ab2';
/** Of these two the places matter most: they are what comes of such a request. */
const refusedRequests: Partial<Record<ProblemCode, unknown>> = {
  invalid_request: { url: 'https://example.org/photo.jpg', widht: 200 },
  invalid_option: { url: 'https://example.org/photo.jpg', width: 0, fit: 'crop' },
};

function exampleProblem(code: ProblemCode): Problem {
  if (!(code in refusedRequests)) return new Problem(code);
  try {
    parse(ThumbnailRequest, refusedRequests[code]);
  } catch (err) {
    if (err instanceof Problem && err.code === code) return err;
    throw err;
  }
  throw new Error(`the example of ${code} is a request that is taken`);
}

/** Holds an answer against what the document promises for it. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer as HttpAnswer } from '../jobs.ts';
import { type Answer, type OpenapiDocument, type Operation, resolved } from './openapi-document.ts';

export type Judge = (operation: Operation, answer: HttpAnswer) => string[];

/** Statuses whose answers say when to ask again, … */
const retryStatuses = [202, 429, 503];
/** … and what is taken without anything to ask for afterwards. */
const takenForGood = ['/v1/feedback'];
const problemType = 'application/problem+json';

/** The judge says everything that is wrong; nothing when all is as promised. */
export function createJudge(document: OpenapiDocument): Judge {
  const validatorAt = compileSchemas(document);
  return (operation, { status, headers, body }) => {
    const wrong: string[] = [];
    if (status >= 500) wrong.push(`answered with ${status}`);
    if (!headers.has('x-request-id')) wrong.push('no X-Request-Id');
    const isOver = status === 202 && takenForGood.includes(operation.path);
    const saysWhen = isOver || headers.has('retry-after');
    if (retryStatuses.includes(status) && !saysWhen) wrong.push(`${status} without Retry-After`);
    if (status === 405 && !headers.has('allow')) wrong.push('405 without Allow');
    const key = [String(status), `${Math.floor(status / 100)}XX`, 'default'].find((name) => name in operation.answers);
    const promised: Answer | undefined = key === undefined ? undefined : operation.answers[key];
    if (key === undefined || promised === undefined) return [...wrong, `status ${status} is not documented`];
    for (const [name, header] of Object.entries(promised.headers ?? {})) {
      if (resolved(document, header).required === true && !headers.has(name)) wrong.push(`${status} without ${name}`);
    }
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? null;
    if (status >= 400 && type !== problemType && promised.content?.[problemType]) wrong.push(`${status} as ${type}`);
    return [...wrong, ...wrongWithBody(validatorAt, operation, { key, promised, type, body })];
  };
}

type Judged = { key: string; promised: Answer; type: string | null; body: Buffer };

function wrongWithBody(
  validatorAt: ValidatorAt,
  operation: Operation,
  { key, promised, type, body }: Judged,
): string[] {
  const types = Object.keys(promised.content ?? {});
  if (types.length === 0) return body.length === 0 ? [] : [`${key} has a body of ${type}, none is documented`];
  if (operation.method === 'HEAD') return [];
  if (type === null || !types.includes(type)) return [`${key} has the type ${type}, documented is ${types.join(', ')}`];
  if (!/[/+]json$/.test(type)) return [];
  const value = parsed(body);
  if (value === undefined) return [`${key} is not JSON`];
  return validatorAt(operation, key, type)(value);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** What is wrong with a value, by the schema of one answer. */
type ValidatorAt = (operation: Operation, key: string, type: string) => (value: unknown) => string[];

const escapedPointer = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Schemas are compiled where they stand, so that references within the document work. */
function compileSchemas(document: OpenapiDocument): ValidatorAt {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, logger: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document.whole, $id: 'document:openapi' });
  const compiled = new Map<string, ValidateFunction>();
  return ({ method, path, answers }, key, type) => {
    const schema = answers[key]?.content?.[type]?.schema;
    if (schema === undefined) return () => [];
    resolved(document, schema);
    const pointer = ['paths', path, method.toLowerCase(), 'responses', key, 'content', type, 'schema']
      .map(escapedPointer)
      .join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `document:openapi#/${pointer}` });
    compiled.set(pointer, validate);
    return (value) =>
      validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

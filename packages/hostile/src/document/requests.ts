/** Requests for an operation, made from its parameters and bodies. */
import fc, { type Arbitrary } from 'fast-check';
import { isSchema, type Media, type Operation, type Parameter, resolved, type Schema } from './openapi-document.ts';
import { anyJson, anyText, fitting, sometimes, spoiled, type ValueSource } from './values.ts';

export type GeneratedRequest = {
  method: string;
  /** Path and query, escaped. */
  target: string;
  headers: Record<string, string>;
  body: RequestBody | null;
};

/** A form keeps its parts, because its boundary is made when it is sent. */
export type RequestBody =
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'form'; parts: readonly { name: string; value: string | Buffer }[] };

/** Values for what is `format: binary`. */
export type Files = readonly Buffer[];

/** How a request is made: `fits` when everything is to be as the document asks. */
type Making = { source: ValueSource; operation: Operation; files: Files; fits: boolean };

/** Two in five are as they should be; in the others something may be wrong, anywhere. */
export function requestsFor(source: ValueSource, operation: Operation, files: Files): Arbitrary<GeneratedRequest> {
  return fc.oneof(
    { weight: 2, arbitrary: requestOf({ source, operation, files, fits: true }) },
    { weight: 3, arbitrary: requestOf({ source, operation, files, fits: false }) },
  );
}

function requestOf(making: Making): Arbitrary<GeneratedRequest> {
  const { operation, fits } = making;
  const parameters = fc.tuple(...operation.parameters.map((parameter) => parameterValue(making, parameter)));
  const odd = fits ? fc.constant(null) : fc.option(fc.tuple(anyText, anyText), { freq: 8, nil: null });
  return fc.tuple(parameters, bodyFor(making), odd, negotiationFor(operation)).map(([values, body, extra, wishes]) => {
    const query = new URLSearchParams();
    const headers: Record<string, string> = {};
    let path = operation.path;
    operation.parameters.forEach((parameter, i) => {
      const texts = textsOf(values[i]);
      if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, escaped(texts[0] ?? ''));
      if (parameter.in === 'query') for (const text of texts) query.append(parameter.name, text);
      if (parameter.in === 'header') for (const text of texts) headers[parameter.name] = headerText(text);
    });
    if (extra !== null) query.append(extra[0].toWellFormed(), extra[1].toWellFormed());
    const target = query.size === 0 ? path : `${path}?${query}`;
    return { method: operation.method, target, headers: { ...wishes, ...headers, ...body.headers }, body: body.body };
  });
}

/** A value; or, where it need not fit, one in four times another. */
function valueFor({ source, fits }: Making, schema: Schema, name: string): Arbitrary<unknown> {
  const value = fitting(source, schema, name);
  return fits ? value : fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: spoiled(value) });
}

/** The name under which ids of a path's own things are remembered: those of `/v1/batches/{id}/cancel` are of batches. */
export function idOf(path: string): string {
  return `id of ${path.split('/').slice(0, 3).join('/')}`;
}

/** Undefined leaves the parameter out. */
function parameterValue(
  making: Making,
  { name, in: place, required = false, schema = {}, example }: Parameter,
): Arbitrary<unknown> {
  // An id in the document is an example of an id, and not of something that is there.
  const isNoExample = example === undefined || place === 'path';
  const known = place === 'path' && name === 'id' ? idOf(making.operation.path) : name;
  const value = valueFor(making, isNoExample ? schema : { ...schema, example }, known);
  if (place === 'path')
    return making.fits ? value : fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: anyText });
  if (required && making.fits) return value;
  if (required) return fc.option(value, { nil: undefined, freq: 12 });
  return sometimes(value, making.operation.parameters.length);
}

/** Headers by which HTTP itself lets a client choose among the answers that are documented (RFC 9110). */
function negotiationFor({ answers }: Operation): Arbitrary<Record<string, string>> {
  const types = new Set(Object.values(answers).flatMap(({ content = {} }) => Object.keys(content)));
  const accept = fc.constantFrom(...types, '*/*', 'text/html', 'application/json;q=0.1, */*;q=0');
  const wishes = {
    accept,
    'if-none-match': fc.constantFrom('*', '"x"', 'W/"x"'),
    range: fc.constantFrom('bytes=0-9', 'bytes=-5', 'bytes=99999999-', 'bytes=5-1', 'x=1'),
  };
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.record(wishes, { requiredKeys: [] }) },
  );
}

/** As it is written into a URL or a header; a list comes several times. */
function textsOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(textOf);
  return [textOf(value)];
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed();
}

/** A path may not be empty, nor climb out of where it is: clients put that right before they send. */
function escaped(text: string): string {
  const part = encodeURIComponent(text);
  return part === '' || /^\.+$/.test(part) ? `%20${part}` : part;
}

/** What a client can send in a header at all. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').trim();
}

type MadeBody = { headers: Record<string, string>; body: RequestBody | null };
const noBody: MadeBody = { headers: {}, body: null };

function bodyFor(making: Making): Arbitrary<MadeBody> {
  const { body } = making.operation;
  if (body === null) return fc.constant(noBody);
  const kinds = Object.entries(body.content).map(([type, media]) => bodyOf(making, type, media));
  if (making.fits) return fc.oneof(...kinds);
  const wrongType = fc.tuple(fc.constantFrom('text/plain', 'application/xml', 'application/json'), anyText).map(
    ([type, text]): MadeBody => ({
      headers: { 'content-type': type },
      body: { kind: 'bytes', bytes: Buffer.from(text) },
    }),
  );
  return fc.oneof(
    ...kinds.map((arbitrary) => ({ weight: 8, arbitrary })),
    { weight: 1, arbitrary: wrongType },
    { weight: 1, arbitrary: fc.constant(noBody) },
  );
}

function bodyOf(making: Making, type: string, { schema = {}, example }: Media): Arbitrary<MadeBody> {
  const withExample: Schema = example === undefined ? schema : { ...schema, example };
  if (type === 'multipart/form-data') return formOf(making, withExample);
  const bytesOf = (value: unknown) => (type.endsWith('json') ? JSON.stringify(value ?? null) : textOf(value));
  return valueFor(making, withExample, '').map((made) => ({
    headers: { 'content-type': type },
    body: { kind: 'bytes', bytes: Buffer.from(bytesOf(made)) },
  }));
}

/** Fields as text, objects as JSON, binary ones as files. */
function formOf({ source, files, fits }: Making, schema: Schema): Arbitrary<MadeBody> {
  const own = resolved(source.document, schema);
  const properties = isSchema(own.properties) ? own.properties : {};
  const required = Array.isArray(own.required) ? own.required : [];
  const parts = Object.entries(properties).flatMap(([name, field]) => {
    if (!isSchema(field)) return [];
    const fit = field.format === 'binary' ? fc.constantFrom(...files) : fitting(source, field, name).map(textOf);
    const value: Arbitrary<string | Buffer> = fits
      ? fit
      : fc.oneof({ weight: 8, arbitrary: fit }, { weight: 1, arbitrary: anyJson.map(textOf) });
    const part = value.map((made) => ({ name, value: made }));
    if (!required.includes(name)) return [sometimes(part, Object.keys(properties).length)];
    return [fits ? part : fc.option(part, { nil: undefined, freq: 12 })];
  });
  return fc.tuple(...parts).map((made) => ({
    headers: {},
    body: { kind: 'form', parts: made.filter((part) => part !== undefined) },
  }));
}

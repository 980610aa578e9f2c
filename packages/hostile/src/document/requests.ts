/** Requests for an operation, made from its parameters and bodies. */
import fc, { type Arbitrary } from 'fast-check';
import { type Media, type Operation, type Parameter, resolved, type Schema } from './openapi-document.ts';
import { anyJson, anyText, fitting, spoiled, type ValueSource } from './values.ts';

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

/** A value, or one that does not fit, in the proportion of three to one. */
function mostlyFitting(source: ValueSource, schema: Schema, name: string): Arbitrary<unknown> {
  const value = fitting(source, schema, name);
  return fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: spoiled(value) });
}

export function requestsFor(source: ValueSource, operation: Operation, files: Files): Arbitrary<GeneratedRequest> {
  const parameters = fc.tuple(...operation.parameters.map((parameter) => parameterValue(source, parameter)));
  const odd = fc.option(fc.tuple(anyText, anyText), { freq: 12, nil: null });
  return fc.tuple(parameters, bodyFor(source, operation, files), odd).map(([values, body, extra]) => {
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
    return { method: operation.method, target, headers: { ...headers, ...body.headers }, body: body.body };
  });
}

/** Undefined leaves the parameter out. */
function parameterValue(
  source: ValueSource,
  { name, in: place, required = false, schema = {} }: Parameter,
): Arbitrary<unknown> {
  const value = mostlyFitting(source, schema, name);
  if (place === 'path') return fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: anyText });
  return fc.option(value, { nil: undefined, freq: required ? 12 : 2 });
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

function bodyFor(source: ValueSource, { body }: Operation, files: Files): Arbitrary<MadeBody> {
  if (body === null) return fc.constant(noBody);
  const kinds = Object.entries(body.content).map(([type, media]) => bodyOf(source, type, media, files));
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

function bodyOf(source: ValueSource, type: string, { schema = {}, example }: Media, files: Files): Arbitrary<MadeBody> {
  const withExample: Schema = example === undefined ? schema : { ...schema, example };
  if (type === 'multipart/form-data') return formOf(source, withExample, files);
  const bytesOf = (value: unknown) => (type.endsWith('json') ? JSON.stringify(value ?? null) : textOf(value));
  const value = mostlyFitting(source, withExample, '');
  return value.map((made) => ({
    headers: { 'content-type': type },
    body: { kind: 'bytes', bytes: Buffer.from(bytesOf(made)) },
  }));
}

/** Fields as text, objects as JSON, binary ones as files. */
function formOf(source: ValueSource, schema: Schema, files: Files): Arbitrary<MadeBody> {
  const own = resolved(source.document, schema);
  const properties =
    typeof own.properties === 'object' && own.properties !== null ? Object.entries(own.properties) : [];
  const required = Array.isArray(own.required) ? own.required : [];
  const parts = properties.map(([name, field]) => {
    const value: Arbitrary<string | Buffer> =
      field.format === 'binary'
        ? fc.constantFrom(...files)
        : fc
            .oneof({ weight: 6, arbitrary: fitting(source, field, name) }, { weight: 1, arbitrary: anyJson })
            .map(textOf);
    const freq = required.includes(name) ? 12 : 1;
    return fc.option(
      value.map((made) => ({ name, value: made })),
      { nil: null, freq },
    );
  });
  return fc.tuple(...parts).map((made) => ({
    headers: {},
    body: { kind: 'form', parts: made.filter((part) => part !== null) },
  }));
}

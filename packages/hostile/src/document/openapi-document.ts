/** The served OpenAPI document, read as far as it is needed to call every operation and to judge the answers. */
import { parse } from '@tintype/contracts';
import Type, { type Static } from 'typebox';

/** A JSON Schema as it stands in the document. */
export type Schema = { readonly [keyword: string]: unknown };

const Json = Type.Record(Type.String(), Type.Unknown());
const Media = Type.Object({
  schema: Type.Optional(Json),
  example: Type.Optional(Type.Unknown()),
  examples: Type.Optional(Json),
});
const Content = Type.Record(Type.String(), Media);
const Parameter = Type.Object({
  name: Type.String(),
  in: Type.Enum(['query', 'path', 'header', 'cookie']),
  required: Type.Optional(Type.Boolean()),
  schema: Type.Optional(Json),
  example: Type.Optional(Type.Unknown()),
});
const Answer = Type.Object({
  content: Type.Optional(Content),
  headers: Type.Optional(Type.Record(Type.String(), Json)),
});
const OperationObject = Type.Object({
  parameters: Type.Optional(Type.Array(Parameter)),
  requestBody: Type.Optional(Type.Object({ required: Type.Optional(Type.Boolean()), content: Content })),
  responses: Type.Record(Type.String(), Answer),
  security: Type.Optional(Type.Array(Json)),
});
const Document = Type.Object({ openapi: Type.String(), paths: Type.Record(Type.String(), Json) });

export type Parameter = Static<typeof Parameter>;
export type Answer = Static<typeof Answer>;
export type Media = Static<typeof Media>;

export type Operation = {
  /** In capitals. */
  method: string;
  /** With its parameters in braces. */
  path: string;
  parameters: Parameter[];
  body: { required: boolean; content: Record<string, Media> } | null;
  /** Whether a key is asked for. */
  needsKey: boolean;
  /** By status (`200`), class of statuses (`4XX`) or `default`. */
  answers: Record<string, Answer>;
};

export type OpenapiDocument = { operations: Operation[]; whole: Schema };

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

/** Throws a Problem where the document is not what OpenAPI 3.1 says. */
export function readDocument(json: unknown): OpenapiDocument {
  const whole = parse(Json, json);
  const { paths } = parse(Document, json);
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, value]) => operationOf(method, path, value)),
  );
  return { operations, whole };
}

function operationOf(method: string, path: string, value: unknown): Operation {
  const { parameters = [], requestBody, responses, security = [] } = parse(OperationObject, value);
  return {
    method: method.toUpperCase(),
    path,
    parameters,
    body: requestBody === undefined ? null : { required: requestBody.required ?? false, content: requestBody.content },
    needsKey: security.length > 0,
    answers: responses,
  };
}

/** Follows a reference within the document. */
export function resolved(document: OpenapiDocument, schema: Schema): Schema {
  const reference = schema.$ref;
  if (typeof reference !== 'string') return schema;
  let at: unknown = document.whole;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isSchema(at) ? at[key] : undefined;
  }
  if (!isSchema(at)) throw new Error(`the document refers to ${reference}, which is not there`);
  return resolved(document, at);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

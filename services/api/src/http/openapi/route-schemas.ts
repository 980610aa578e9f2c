/** What the schemas of routes have in common: answers as JSON, or empty; and a form with a picture. */
import { IsObject, type TObject, type TSchema } from 'typebox';
import { type AnswerHeader, answerHeaders } from './headers.ts';

/** What an answer has besides its schema: examples by their names in the document, and headers besides the usual ones. */
type Details = { examples?: readonly string[]; headers?: readonly AnswerHeader[] };

/** A JSON answer. */
export function json(description: string, schema: object, { examples, headers = [] }: Details = {}) {
  return {
    description,
    content: { 'application/json': { schema, ...(examples && { examples: referToExamples(examples) }) } },
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map((name) => [name, answerHeaders[name]])) }),
  };
}

/** Examples that the document has under these names. */
export function referToExamples(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/examples/${name}` }]));
}

/** An answer without a body. */
export function nothing(description: string) {
  return { description, type: 'null' };
}

/** The content of a form with one picture and fields beside it. */
export function pictureForm(title: string, fields: TObject) {
  return {
    'multipart/form-data': {
      schema: {
        type: 'object',
        title,
        required: ['file'],
        properties: {
          file: { type: 'string', format: 'binary', description: 'the picture' },
          ...fields.properties,
          ...optionsApart(fields),
        },
        additionalProperties: false,
      },
    },
  };
}

/** `colours.count` and its like: in a form an option of an option may have a field of its own. */
function optionsApart({ properties }: TObject): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, schema]) =>
      IsObject(schema)
        ? Object.entries(schema.properties).map(([option, inner]) => [`${name}.${option}`, inner] as const)
        : [],
    ),
  );
}

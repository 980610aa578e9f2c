/** What the schemas of routes have in common: answers as JSON, as a problem, or empty; and a form with a picture. */
import { ProblemDocument } from '@tintype/contracts';
import { IsObject, type TObject, type TSchema } from 'typebox';

const problem = answerOf('A problem', 'application/problem+json', ProblemDocument);

/** Every route may answer with a problem; part of its `response`. */
export const problems = { '4xx': problem, '5xx': problem };

/** A JSON answer. */
export function json(description: string, schema: object) {
  return answerOf(description, 'application/json', schema);
}

/** An answer without a body. */
export function nothing(description: string) {
  return { description, type: 'null' };
}

/** What is named in the document is referred to instead of repeated; `app.ts` gathers what each room names. */
export function reference(schema: object): object {
  const name = nameOf(schema);
  return name === '' ? schema : { $ref: `${name}#` };
}

/** The name of a schema in the document; none is empty. */
export function nameOf(schema: object): string {
  return '$id' in schema ? String(schema.$id) : '';
}

/** The content of a form with one picture and fields beside it. */
export function pictureForm(fields: TObject) {
  return {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', format: 'binary' }, ...fields.properties, ...optionsApart(fields) },
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

function answerOf(description: string, type: string, schema: object) {
  return { description, content: { [type]: { schema: reference(schema) } } };
}

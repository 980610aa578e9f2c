/** Values made from JSON Schemas: such as fit, and such as do not. */
import fc, { type Arbitrary } from 'fast-check';
import { isSchema, type OpenapiDocument, resolved, type Schema } from './openapi-document.ts';

/** Values that earlier answers gave, by the name of their field: ids, names, URLs. */
export type Pool = Map<string, Set<string>>;

export type ValueSource = { document: OpenapiDocument; pool: Pool };

/** Texts that have broken something somewhere. */
const nasty = [
  '',
  ' ',
  '\0',
  '\ufeff',
  '\ud800',
  '../..',
  '%00',
  '"',
  "'",
  '<script>',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '-1',
  'NaN',
  '1e309',
  'null',
  'true',
  '[]',
  '{}',
  '\r\nx: y',
  '💩',
  'a'.repeat(300),
];

/** Anything that JSON can say. */
export const anyJson: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1, 0.5, -0, 1e21, 2 ** 60, [], {}, [[]], { a: {} }),
  fc.constantFrom(...nasty),
  fc.jsonValue({ maxDepth: 3 }),
);
export const anyText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const numberIn = (schema: Schema, keyword: string): number | undefined => {
  const value = schema[keyword];
  return typeof value === 'number' ? value : undefined;
};
const listIn = (schema: Schema, keyword: string): unknown[] => {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
};

/** A value for a field of this name that fits its schema, as far as the schema can tell. */
export function fitting(source: ValueSource, given: Schema, name = ''): Arbitrary<unknown> {
  const schema = resolved(source.document, given);
  const examples = [
    ...listIn(schema, 'examples'),
    ...('example' in schema ? [schema.example] : []),
    ...('default' in schema ? [schema.default] : []),
  ];
  const known = canBeText(source, schema) ? [...(source.pool.get(name) ?? [])] : [];
  const ready = [examples, known].filter((values) => values.length > 0);
  return fc.oneof(
    { weight: 2, arbitrary: madeFrom(source, schema, name) },
    ...ready.map((values) => ({ weight: 3, arbitrary: fc.constantFrom(...values) })),
  );
}

function canBeText({ document }: ValueSource, schema: Schema): boolean {
  const branches = [...listIn(schema, 'anyOf'), ...listIn(schema, 'oneOf')].filter(isSchema);
  if (branches.length > 0) return branches.some((branch) => resolved(document, branch).type === 'string');
  return schema.type === 'string' && !('enum' in schema);
}

function madeFrom(source: ValueSource, schema: Schema, name: string): Arbitrary<unknown> {
  const choices = listIn(schema, 'enum');
  if (choices.length > 0) return fc.constantFrom(...choices);
  if ('const' in schema) return fc.constant(schema.const);
  const branches = [...listIn(schema, 'anyOf'), ...listIn(schema, 'oneOf')].filter(isSchema);
  if (branches.length > 0) return fc.oneof(...branches.map((branch) => fitting(source, branch, name)));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return textFor(schema);
    case 'integer':
    case 'number':
      return numberFor(schema, type === 'integer');
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return listFor(source, schema, name);
    case 'object':
      return objectFor(source, schema);
    default:
      return anyJson;
  }
}

function textFor(schema: Schema): Arbitrary<string> {
  const minLength = numberIn(schema, 'minLength') ?? 0;
  const maxLength = Math.min(numberIn(schema, 'maxLength') ?? 60, 200);
  if (typeof schema.pattern === 'string') return textLike(schema.pattern);
  if (schema.format === 'uri') return fc.webUrl();
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.string({ minLength, maxLength: Math.max(minLength, maxLength) });
}

/** By their patterns: to make one costs as much as thousands of values from it. */
const textsLike = new Map<string, Arbitrary<string>>();

function textLike(pattern: string): Arbitrary<string> {
  const text = textsLike.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  textsLike.set(pattern, text);
  return text;
}

function numberFor(schema: Schema, isWhole: boolean): Arbitrary<number> {
  const min = numberIn(schema, 'minimum') ?? numberIn(schema, 'exclusiveMinimum') ?? 0;
  const max = Math.max(min, numberIn(schema, 'maximum') ?? numberIn(schema, 'exclusiveMaximum') ?? 1_000);
  return isWhole ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) }) : fc.double({ min, max, noNaN: true });
}

function listFor(source: ValueSource, schema: Schema, name: string): Arbitrary<unknown[]> {
  const minLength = numberIn(schema, 'minItems') ?? 0;
  const maxLength = Math.min(numberIn(schema, 'maxItems') ?? 4, Math.max(minLength, 6));
  const item = isSchema(schema.items) ? fitting(source, schema.items, name) : anyJson;
  return fc.array(item, { minLength, maxLength });
}

function objectFor(source: ValueSource, schema: Schema): Arbitrary<Record<string, unknown>> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const fields = Object.entries(properties).flatMap(([name, field]) =>
    isSchema(field) ? [[name, fitting(source, field, name)] as const] : [],
  );
  const required = new Set(listIn(schema, 'required'));
  const record = fc
    .record(
      Object.fromEntries(
        fields.map(([name, field]) => [name, required.has(name) ? field : sometimes(field, fields.length)]),
      ),
    )
    .map((values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
  const rest = schema.additionalProperties;
  if (!isSchema(rest)) return record;
  const more = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), fitting(source, rest), { maxKeys: 3 });
  return fc.tuple(record, more).map(([own, others]) => ({ ...others, ...own }));
}

/** So many fields that have a value together, of those that may be left out: of many options few go with all others. */
const usualFields = 3;

/** A value, or undefined: of so many beside each other some have one. */
export function sometimes<Value>(value: Arbitrary<Value>, among: number): Arbitrary<Value | undefined> {
  const leftOut = Math.max(1, Math.round(among / usualFields) - 1);
  return fc.oneof({ weight: leftOut, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** The value with something wrong in it: another value at some place, a field too many, or something else altogether. */
export function spoiled(value: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof(
    anyJson,
    fc.tuple(value, fc.nat(), anyJson).map(([whole, at, other]) => {
      if (!isSchema(whole)) return other;
      const names = Object.keys(whole);
      const name = names[at % Math.max(1, names.length)];
      return name === undefined ? { unknown: other } : { ...whole, [name]: other };
    }),
    fc
      .tuple(value, anyText, anyJson)
      .map(([whole, name, other]) => (isSchema(whole) ? { ...whole, [name]: other } : [whole])),
  );
}

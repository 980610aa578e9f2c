/** Values from outside become values of a schema here, or a Problem that names every wrong place. */

import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { decimalOf } from './decimal.ts';
import { defaultsOf, type FillDefaults } from './defaults.ts';
import { excessOf } from './excess.ts';
import { isFields } from './fields.ts';
import { wordsOfPattern } from './pattern-words.ts';
import { Problem } from './problem.ts';
import type { ProblemPlace } from './problem-document.ts';
import { unknownFields } from './unknown-fields.ts';

export type ParseOptions = {
  /** Texts become numbers and booleans first: for query strings, form fields and environment variables. */
  convert?: boolean;
  /** The value is nobody else's: defaults are filled into it, not into a copy. */
  isOurs?: boolean;
  /** Where the value is within what was sent; before every place in a problem. */
  pointer?: string;
};

/** Keywords that mean "well-formed, but not a value that is offered". */
const valueKeywords = new Set([
  'minimum',
  'maximum',
  'enum',
  'const',
  'maxLength',
  'maxItems',
  'maxProperties',
  'pattern',
]);

type Compiled = {
  validator: Validator;
  /** Null where there are none. */
  fillDefaults: FillDefaults | null;
};
const validators = new WeakMap<TSchema, Compiled>();

function compiledOf(schema: TSchema): Compiled {
  let compiled = validators.get(schema);
  if (!compiled) {
    compiled = { validator: Compile(schema), fillDefaults: defaultsOf(schema) };
    validators.set(schema, compiled);
  }
  return compiled;
}

type SchemaError = ReturnType<Validator['Errors']>[number];

function placesOf(schema: TSchema, error: SchemaError, within: string): ProblemPlace[] {
  const pointer = `${within}${error.instancePath}`;
  switch (error.keyword) {
    case 'boolean':
      return []; // the shadow of an additionalProperties error
    case 'additionalProperties':
      return unknownFields(schema, error.instancePath, error.params.additionalProperties, pointer);
    case 'required':
      return error.params.requiredProperties.map((name) => ({
        pointer: `${pointer}/${name}`,
        detail: 'is required',
      }));
    case 'enum':
      return [{ pointer, detail: `must be one of ${error.params.allowedValues.join(', ')}` }];
    case 'const':
      return [{ pointer, detail: `must be ${JSON.stringify(error.params.allowedValue)}` }];
    case 'pattern':
      return [{ pointer, detail: wordsOfPattern(String(error.params.pattern)) ?? error.message }];
    case 'format':
      return [{ pointer, detail: formatWords.get(String(error.params.format)) ?? error.message }];
    default:
      return [{ pointer, detail: error.message }];
  }
}

/** What is expected where a value is not of a format; the format's own name helps few. */
const formatWords: ReadonlyMap<string, string> = new Map([['date-time', 'must be a time like 2026-01-01T00:00:00Z']]);

/**
 * Checks a value against a schema, filling defaults. Changes the value it is given only when it may. What has far too many
 * parts is refused by their number alone, without a look at them.
 * Throws `invalid_request` when the shape is wrong, `invalid_option` when only values are.
 */
export function parse<Schema extends TSchema>(
  schema: Schema,
  value: unknown,
  options: ParseOptions = {},
): Static<Schema> {
  const { pointer = '' } = options;
  const excess = excessOf(schema, value, pointer);
  if (excess) throw refusal(excess.keyword !== 'additionalProperties', [excess.place]);
  const compiled = compiledOf(schema);
  const candidate = prepared(compiled, value, options);
  if (fits(schema, candidate)) return candidate;
  const errors = withoutChoices(compiled.validator.Errors(candidate));
  throw refusal(areAboutValues(errors), joined(errors.flatMap((error) => placesOf(schema, error, pointer))));
}

/** What a value that is meant as something else may come to as well. */
const unspecific = new Set(['anyOf', 'type', 'const', 'maxItems', 'maxProperties']);
/** What is said of an object as a whole. */
const ofObjects = new Set(['required', 'additionalProperties']);

/**
 * Of a choice between schemas there is an error for each of them, and one for the choice, which says nothing more. Where a
 * value is nearly one of the kinds, that it is none of the other kinds says nothing either: that an object is no word, for one.
 */
function withoutChoices(errors: SchemaError[]): SchemaError[] {
  const near = errors.filter(({ keyword }) => !unspecific.has(keyword));
  const isWithin = (path: string) => near.some(({ instancePath }) => instancePath.startsWith(`${path}/`));
  const isAt = (path: string) => near.some(({ instancePath }) => instancePath === path);
  const isObject = (path: string) =>
    isWithin(path) || near.some(({ keyword, instancePath }) => instancePath === path && ofObjects.has(keyword));
  const values = new Set(errors.filter(({ keyword }) => keyword === 'const').map(({ instancePath }) => instancePath));
  return errors.filter((error) => {
    const { keyword, instancePath } = error;
    if (keyword === 'anyOf' || (isTruthType(error) && values.has(instancePath))) return false;
    if (keyword === 'type' || keyword === 'const') return !isWithin(instancePath) && !isAt(instancePath);
    return keyword !== 'enum' || !isObject(instancePath);
  });
}

/** Where `false` alone is taken, that it is a truth says less. */
function isTruthType(error: SchemaError): boolean {
  return error.keyword === 'type' && error.params.type === 'boolean';
}

const typeWords = /^must be (?:integer|number|string|object|array|boolean|true|false)$/;

/** The types that a place may have as one sentence: `must be integer or object`. */
function joined(places: ProblemPlace[]): ProblemPlace[] {
  const typed = new Map<string, ProblemPlace>();
  return places.filter((place) => {
    if (!typeWords.test(place.detail)) return true;
    const first = typed.get(place.pointer);
    if (first) first.detail += ` or ${place.detail.slice('must be '.length)}`;
    else typed.set(place.pointer, place);
    return first === undefined;
  });
}

/** Where one schema of a choice offers words, that the type of another one is wrong too is no matter of shape. */
function areAboutValues(errors: SchemaError[]): boolean {
  const offersWords = ({ keyword }: SchemaError) => keyword === 'const' || keyword === 'enum';
  const offered = new Set(errors.filter(offersWords).map(({ instancePath }) => instancePath));
  return errors.every(
    ({ keyword, instancePath }) => valueKeywords.has(keyword) || (keyword === 'type' && offered.has(instancePath)),
  );
}

function refusal(onlyValues: boolean, errors: ProblemPlace[]): Problem {
  return new Problem(onlyValues ? 'invalid_option' : 'invalid_request', { detail: sentenceOf(errors), errors });
}

/** A copy with texts converted and defaults filled in. What is nested too deeply for that is no request of ours. */
function prepared(
  { validator, fillDefaults }: Compiled,
  value: unknown,
  { convert = false, isOurs = false }: ParseOptions,
): unknown {
  if (isOurs && !convert) return fillDefaults === null ? value : fillDefaults(value);
  try {
    // What is converted is compared with what it was.
    const copy = !isOurs ? structuredClone(value) : convert && isFields(value) ? { ...value } : value;
    const candidate = convert ? converted(validator, value, copy) : copy;
    return fillDefaults === null ? candidate : fillDefaults(candidate);
  } catch (err) {
    // The stack is used up. Not `instanceof`: an error of Node itself is none inside Jest.
    if (typeof err !== 'object' || err === null || !('name' in err) || err.name !== 'RangeError') throw err;
    throw new Problem('invalid_request', { detail: 'The value is nested too deeply.', cause: err });
  }
}

/**
 * Texts become numbers and truths where the schema says so. `true`, `0x10` and an empty text are no numbers and 0.5 is no
 * integer, though the library makes numbers of them. What is within an object is no text of a URL or a form, and stays
 * as it is.
 */
function converted(validator: Validator, value: unknown, copy: unknown): unknown {
  const result: unknown = validator.Convert(copy);
  if (!isFields(value) || !isFields(result)) return result;
  const mistaken = Object.entries(value).filter(
    ([name, text]) =>
      isFields(text) ||
      (typeof text === 'string' && typeof result[name] === 'number' && decimalOf(text) !== result[name]),
  );
  const numbers = Object.entries(result).filter(([name, text]) => isNumberOfChoice(validator.Type(), name, text));
  if (mistaken.length === 0 && numbers.length === 0) return result;
  const meant = numbers.map(([name, text]) => [name, decimalOf(String(text))]);
  return { ...result, ...structuredClone(Object.fromEntries(mistaken)), ...Object.fromEntries(meant) };
}

/** Where a number is one of the kinds, the library leaves a text that is a wrong number as it is: what is wrong is told of the number. */
function isNumberOfChoice(schema: unknown, name: string, text: unknown): boolean {
  if (typeof text !== 'string' || decimalOf(text) === null) return false;
  const properties = isFields(schema) && isFields(schema.properties) ? schema.properties : {};
  const field = Object.hasOwn(properties, name) ? properties[name] : null;
  const kinds = isFields(field) && Array.isArray(field.anyOf) ? field.anyOf.filter(isFields) : [];
  return (
    kinds.some(({ type }) => type === 'integer' || type === 'number') && !kinds.some(({ type }) => type === 'string')
  );
}

/** Whether the value is one of the schema, as it stands. */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return compiledOf(schema).validator.Check(value);
}

/** The wrong places as one sentence. */
export function sentenceOf(places: ProblemPlace[]): string {
  const [first, ...others] = places;
  if (!first) return 'The value is not acceptable.';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  const end = more === '' && first.detail.endsWith('?') ? '' : '.';
  return `${first.pointer === '' ? 'The body' : first.pointer} ${first.detail}${more}${end}`;
}

/** Values from outside become values of a schema here, or a Problem that names every wrong place. */
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Problem, type ProblemPlace } from './problem.ts';

export type ParseOptions = {
  /** Texts become numbers and booleans first: for query strings, form fields and environment variables. */
  convert?: boolean;
  /** The value is nobody else's: defaults are filled into it, not into a copy. */
  isOurs?: boolean;
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
const validators = new WeakMap<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    validator = Compile(schema);
    validators.set(schema, validator);
  }
  return validator;
}

type SchemaError = ReturnType<Validator['Errors']>[number];

function placesOf(error: SchemaError): ProblemPlace[] {
  switch (error.keyword) {
    case 'boolean':
      return []; // the shadow of an additionalProperties error
    case 'additionalProperties':
      return error.params.additionalProperties.map((name) => ({
        pointer: `${error.instancePath}/${name}`,
        detail: 'is not a known field',
      }));
    case 'required':
      return error.params.requiredProperties.map((name) => ({
        pointer: `${error.instancePath}/${name}`,
        detail: 'is required',
      }));
    case 'enum':
      return [{ pointer: error.instancePath, detail: `must be one of ${error.params.allowedValues.join(', ')}` }];
    default:
      return [{ pointer: error.instancePath, detail: error.message }];
  }
}

/**
 * Checks a value against a schema, filling defaults. Changes the value it is given only when it may.
 * Throws `invalid_request` when the shape is wrong, `invalid_option` when only values are.
 */
export function parse<Schema extends TSchema>(
  schema: Schema,
  value: unknown,
  options: ParseOptions = {},
): Static<Schema> {
  const validator = validatorOf(schema);
  const candidate = prepared(validator, value, options);
  if (fits(schema, candidate)) return candidate;
  const errors = validator.Errors(candidate);
  const onlyValues = errors.every((error) => valueKeywords.has(error.keyword));
  const places = errors.flatMap(placesOf);
  throw new Problem(onlyValues ? 'invalid_option' : 'invalid_request', {
    detail: sentenceOf(places),
    errors: places,
  });
}

/** A copy with texts converted and defaults filled in. What is nested too deeply for that is no request of ours. */
function prepared(validator: Validator, value: unknown, { convert = false, isOurs = false }: ParseOptions): unknown {
  try {
    // What is converted is compared with what it was.
    const copy = !isOurs ? structuredClone(value) : convert && isRecord(value) ? { ...value } : value;
    return validator.Default(convert ? converted(validator, value, copy) : copy);
  } catch (err) {
    // The stack is used up. Not `instanceof`: an error of Node itself is none inside Jest.
    if (typeof err !== 'object' || err === null || !('name' in err) || err.name !== 'RangeError') throw err;
    throw new Problem('invalid_request', { detail: 'The value is nested too deeply.', cause: err });
  }
}

/** Texts become numbers and truths where the schema says so; `true` is no number and 0.5 no integer, though the library makes 1 and 0 of them. */
function converted(validator: Validator, value: unknown, copy: unknown): unknown {
  const result: unknown = validator.Convert(copy);
  if (!isRecord(value) || !isRecord(result)) return result;
  const mistaken = Object.entries(value).filter(
    ([name, text]) => typeof text === 'string' && typeof result[name] === 'number' && Number(text) !== result[name],
  );
  return mistaken.length === 0 ? result : { ...result, ...Object.fromEntries(mistaken) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value is one of the schema, as it stands. */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return validatorOf(schema).Check(value);
}

function sentenceOf(places: ProblemPlace[]): string {
  const [first, ...others] = places;
  if (!first) return 'The value is not acceptable.';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${first.pointer === '' ? 'The body' : first.pointer} ${first.detail}${more}.`;
}

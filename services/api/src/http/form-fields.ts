/** The text fields of a form as values of a schema: JSON, or one field for each option of an option. */
import { decimalOf, isFields, Problem } from '@tintype/contracts';
import type { TObject } from 'typebox';

type Schema = Readonly<Record<string, unknown>>;

export type FormFields = {
  /** Throws `invalid_request` for a text that must be JSON and is not, and for a field that comes twice. */
  add(name: string, value: unknown): void;
  /** All that was added, not yet checked. */
  values(): Record<string, unknown>;
};

/** How the buttons of forms are called, whose words browsers send along. */
const buttonNames = /^(submit|button|commit)$/i;

/**
 * What a browser sends of a field that was left empty, and of the button that was pressed, says nothing.
 * `colours={"ignore":"white"}` and `colours.ignore=white` say the same, and so on within: `watermark.position.x=0.2`. Where
 * a list is taken, a repeated field is one; elsewhere nobody could say which of the two was meant.
 */
export function collectFields({ properties }: Pick<TObject, 'properties'>): FormFields {
  return collectWithin('', properties);
}

/** `within` is what the names of these options begin with. */
function collectWithin(within: string, properties: Schema): Collector {
  const values = new Map<string, unknown>();
  const parts = new Map<string, Collector>();
  const partsOf = (name: string, schema: Schema | null): Collector => {
    const known = parts.get(name) ?? collectWithin(`${within}${name}.`, propertiesOf(schema));
    parts.set(name, known);
    return known;
  };
  return {
    add(name, value) {
      const schema = fieldOf(properties, name);
      const [outer = '', option = ''] = splitOnce(name);
      const outerSchema = fieldOf(properties, outer);
      // An unknown part of a known option is refused as that, with the names of those that there are.
      if (schema === null && isObject(outerSchema)) {
        partsOf(outer, outerSchema).add(option, value);
        return;
      }
      const whole = `${within}${name}`;
      if (saysNothing(whole, value, schema)) return;
      const read = within === '' ? outermost : inOption;
      put(values, name, schema ? read(whole, value, schema) : value, schema, `/${whole.replaceAll('.', '/')}`);
    },
    isEmpty: () => values.size === 0 && [...parts.values()].every((part) => part.isEmpty()),
    values() {
      for (const [name, part] of parts) {
        if (part.isEmpty()) continue;
        const whole = namedBy(values.get(name), propertiesOf(fieldOf(properties, name)));
        if (isFields(whole)) values.set(name, { ...whole, ...part.values() });
      }
      return Object.fromEntries(values);
    },
  };
}

type Collector = FormFields & { isEmpty(): boolean };

/** A text beside options of which one is a name is that name: `watermark=logo` and `watermark.opacity=0.5`. */
function namedBy(whole: unknown, properties: Schema): unknown {
  return typeof whole === 'string' && Object.hasOwn(properties, 'name') ? { name: whole } : (whole ?? {});
}

function saysNothing(name: string, value: unknown, schema: Schema | null): boolean {
  if (schema === null) return buttonNames.test(name);
  return typeof value === 'string' && value.trim() === '';
}

/** A name that nobody knows is refused as that, however often it comes. */
function put(values: Map<string, unknown>, name: string, value: unknown, schema: Schema | null, pointer: string): void {
  const before = values.get(name);
  if (before === undefined || schema === null) {
    values.set(name, value);
    return;
  }
  if (!variantsOf(schema).some(({ type }) => type === 'array')) throw repeatedFields([pointer]);
  values.set(name, [before, value].flat());
}

/** What a request is answered with whose fields or parameters come twice. */
export function repeatedFields(pointers: readonly string[]): Problem {
  const detail = 'must not come more than once';
  const errors = pointers.map((pointer) => ({ pointer, detail }));
  return new Problem('invalid_request', { detail: `${pointers[0]} ${detail}.`, errors });
}

/** Of a choice with words or numbers only what begins like it is JSON. */
function isJsonOf(schema: Schema, value: unknown): boolean {
  const types = variantsOf(schema).map(({ type }) => type);
  const begins = typeof value === 'string' && /^\s*[[{]/.test(value);
  if (types.length === 1) return types[0] === 'object' || (types[0] === 'array' && begins);
  return types.includes('object') && begins;
}

/** What is checked makes numbers of texts by itself. */
function outermost(name: string, value: unknown, schema: Schema): unknown {
  return isJsonOf(schema, value) ? parseJson(name, value) : value;
}

/** Numbers are read here, since texts become numbers only at the top of what is checked; an object is JSON. */
function inOption(name: string, value: unknown, schema: Schema): unknown {
  if (typeof value !== 'string') return value;
  const types = variantsOf(schema).map(({ type }) => type);
  if (types.includes('object') && value.trimStart().startsWith('{')) return parseJson(name, value);
  const isNumber = types.includes('integer') || types.includes('number');
  return isNumber ? (decimalOf(value) ?? value) : value;
}

function parseJson(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value, refusePrototype);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const detail = /^\s*\[/.test(value) ? 'must be a whole JSON list, from [ to ]' : 'must be a JSON object';
    const errors = [{ pointer: `/${name}`, detail }];
    throw new Problem('invalid_request', { detail: `/${name} ${detail}.`, errors, cause });
  }
}

/** As in a body of JSON: whoever copies an object into another one would lose the field, or worse. */
function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new Problem('invalid_request', { detail: 'No field may be called __proto__.' });
  return value;
}

function splitOnce(name: string): string[] {
  const at = name.indexOf('.');
  return at === -1 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

function fieldOf(properties: Schema, name: string): Schema | null {
  const schema = Object.hasOwn(properties, name) ? properties[name] : null;
  return isFields(schema) ? schema : null;
}

/** Of an object's schema, or of the objects that it is a choice between. */
function propertiesOf(schema: Schema | null): Schema {
  const kinds = variantsOf(schema).map(({ properties }) => (isFields(properties) ? properties : {}));
  return Object.assign({}, ...kinds);
}

function isObject(schema: Schema | null): boolean {
  return variantsOf(schema).some(({ type }) => type === 'object');
}

/** The schema, or what it is a choice between. */
function variantsOf(schema: Schema | null): Schema[] {
  if (schema === null) return [];
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isFields) : [schema];
}

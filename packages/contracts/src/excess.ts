/** Finds lists and objects that have far more parts than their schema takes, by counting alone: before anything is copied or checked. */
import { type Fields, isFields } from './fields.ts';
import type { ProblemPlace } from './problem-document.ts';

/** Up to so many parts a value is cheap to check as a whole, with every wrong place named. */
const manyParts = 1000;

/** The first place with too many parts; `keyword` is the one of the schema. */
export type Excess = { keyword: 'maxItems' | 'maxProperties' | 'additionalProperties'; place: ProblemPlace };

/** Goes no deeper than the schema does, and costs a small value next to nothing. */
export function excessOf(schema: unknown, value: unknown, pointer = ''): Excess | null {
  if (typeof value !== 'object' || value === null || !isFields(schema)) return null;
  if (Array.isArray(schema.anyOf)) return excessOfUnion(schema.anyOf, value, pointer);
  return isFields(value) ? excessOfObject(schema, value, pointer) : excessOfList(schema, value, pointer);
}

/** A union takes what one of its kinds takes. */
function excessOfUnion(variants: readonly unknown[], value: object, pointer: string): Excess | null {
  const type = Array.isArray(value) ? 'array' : 'object';
  let found: Excess | null = null;
  for (const variant of variants) {
    if (!isFields(variant) || variant.type !== type) continue;
    found = excessOf(variant, value, pointer);
    if (found === null) return null;
  }
  return found;
}

function excessOfList({ maxItems, items }: Fields, value: object, pointer: string): Excess | null {
  if (!Array.isArray(value)) return null;
  if (value.length > manyParts && typeof maxItems === 'number' && value.length > maxItems) {
    return { keyword: 'maxItems', place: { pointer, detail: `must not have more than ${maxItems} items` } };
  }
  for (const [index, item] of value.entries()) {
    const excess = excessOf(items, item, `${pointer}/${index}`);
    if (excess) return excess;
  }
  return null;
}

function excessOfObject(schema: Fields, value: Fields, pointer: string): Excess | null {
  const { maxProperties, additionalProperties } = schema;
  const properties = isFields(schema.properties) ? schema.properties : {};
  const names = Object.keys(value);
  if (names.length > manyParts) {
    if (typeof maxProperties === 'number' && names.length > maxProperties) {
      const detail = `must not have more than ${maxProperties} properties`;
      return { keyword: 'maxProperties', place: { pointer, detail } };
    }
    const unknown = additionalProperties === false && names.find((name) => !Object.hasOwn(properties, name));
    if (typeof unknown === 'string') return unknownField(`${pointer}/${unknown}`);
  }
  for (const name of names) {
    const inner = value[name];
    if (typeof inner !== 'object' || inner === null) continue;
    const excess = excessOf(properties[name] ?? additionalProperties, inner, `${pointer}/${name}`);
    if (excess) return excess;
  }
  return null;
}

function unknownField(pointer: string): Excess {
  return { keyword: 'additionalProperties', place: { pointer, detail: 'is not a known field' } };
}

/** Fills in what a request leaves out, by the defaults of its schema. Every request pays for it, so the way is found once. */
import Type, { type TSchema } from 'typebox';
import { Default } from 'typebox/value';
import { isFields } from './fields.ts';

/** The value with its defaults: objects and lists are filled in place. */
export type FillDefaults = (value: unknown) => unknown;

/** Null where the schema has no default anywhere. As `Value.Default` does, which looks through the whole schema each time. */
export function defaultsOf(schema: TSchema): FillDefaults | null {
  if (!hasDefault(schema)) return null;
  const fillParts = partsOf(schema);
  if (!('default' in schema)) return fillParts;
  const own = schema.default;
  return (value) => {
    const filled = value === undefined ? copyOf(own) : value;
    return fillParts === null ? filled : fillParts(filled);
  };
}

/** What is neither an object nor a list of one kind, and has defaults in its parts, is left to the library. */
function partsOf(schema: TSchema): FillDefaults | null {
  if (Type.IsObject(schema) && !('patternProperties' in schema)) return ofProperties(schema.properties);
  if (Type.IsArray(schema)) return ofItems(schema.items);
  const hasParts = Object.entries(schema).some(([keyword, part]) => keyword !== 'default' && hasDefault(part));
  return hasParts ? (value) => Default(schema, value) : null;
}

function hasDefault(schema: unknown): boolean {
  return JSON.stringify(schema)?.includes('"default":') ?? false;
}

function ofProperties(properties: Record<string, TSchema>): FillDefaults {
  const fills = Object.entries(properties).flatMap(([name, property]) => {
    const fill = defaultsOf(property);
    return fill === null ? [] : [{ name, fill }];
  });
  return (value) => {
    if (!isFields(value)) return value;
    for (const { name, fill } of fills) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      const filled = fill(given);
      if (filled !== given) value[name] = filled;
    }
    return value;
  };
}

function ofItems(items: TSchema): FillDefaults | null {
  const fill = defaultsOf(items);
  if (fill === null) return null;
  return (value) => {
    if (!Array.isArray(value)) return value;
    for (const [index, item] of value.entries()) value[index] = fill(item);
    return value;
  };
}

/** Of JSON, which needs none of what `structuredClone` does for other values: every request pays for it. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  return isFields(value)
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]))
    : value;
}

/** Schemas with a name stand in the OpenAPI document once, under that name: wherever they are used, they are referred to. */

export type NamedSchemas = {
  /** The same, with references instead of all schemas that have a name. */
  referring(schema: object): object;
  /** What has been referred to so far, by its name. */
  all(): Record<string, object>;
};

/** Throws where two different schemas have the same name. */
export function collectNamedSchemas(): NamedSchemas {
  const texts = new Map<string, string>();
  const schemas = new Map<string, object>();

  const referTo = (name: string, schema: object): object => {
    const text = JSON.stringify(schema);
    if ((texts.get(name) ?? text) !== text) throw new Error(`two different schemas are called ${name}`);
    if (!texts.has(name)) {
      texts.set(name, text);
      schemas.set(name, spelledOut(schema));
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const written = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(written);
    if (typeof value !== 'object' || value === null) return value;
    return '$id' in value ? referTo(String(value.$id), value) : spelledOut(value);
  };

  const spelledOut = (schema: object): object => {
    const entries = Object.entries(schema)
      .filter(([keyword]) => keyword !== '$id')
      .map(([keyword, value]) => [keyword, dataKeywords.has(keyword) ? value : written(value)]);
    return { ...typeOfEnum(schema), ...Object.fromEntries(entries) };
  };

  return {
    referring: (schema) => ('$id' in schema ? referTo(String(schema.$id), schema) : spelledOut(schema)),
    all: () => Object.fromEntries([...schemas].toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** Their values are data, in which a field may have the name of a keyword. */
const dataKeywords = new Set(['examples', 'example', 'default', 'const']);

/** Generators want to know what the words of a list are. */
function typeOfEnum(schema: object): object {
  const isWords = 'enum' in schema && Array.isArray(schema.enum) && schema.enum.every((one) => typeof one === 'string');
  return isWords && !('type' in schema) ? { type: 'string' } : {};
}

/** Says of fields that a schema does not know which known one was probably meant. */
import { isFields } from './fields.ts';
import { nearestWord } from './nearest-word.ts';
import type { ProblemPlace } from './problem-document.ts';

/** What is said of such a field, whatever stands behind it. */
export const unknownField = 'is not a known field';
/** For so many unknown fields a known one is looked for: more are no slips of a hand. */
const mostSuggestions = 10;

/** Of an option with no more parts than that all are told. */
const mostTold = 4;

/** `instancePath` is the JSON pointer of the object that has them, within the schema; `pointer` within what was sent. */
export function unknownFields(
  schema: unknown,
  instancePath: string,
  names: readonly string[],
  pointer: string,
): ProblemPlace[] {
  const known = new Set(fieldsAt(schema, instancePath.split('/').slice(1)));
  const isWithin = instancePath !== '' && known.size > 0 && known.size <= mostTold;
  const fewKnown = isWithin ? `: there are ${[...known].join(', ')}` : '';
  return names.map((name, at) => {
    const meant = at < mostSuggestions ? nearestWord(name, known) : null;
    const detail = `${unknownField}${meant === null ? fewKnown : `; did you mean ${meant}?`}`;
    return { pointer: `${pointer}/${name}`, detail };
  });
}

/** Names of the fields that an object at this path may have; of a choice, those of all its kinds. */
function fieldsAt(schema: unknown, path: readonly string[]): string[] {
  if (!isFields(schema)) return [];
  if (Array.isArray(schema.anyOf)) return schema.anyOf.flatMap((kind) => fieldsAt(kind, path));
  const properties = isFields(schema.properties) ? schema.properties : {};
  const [name, ...rest] = path;
  if (name === undefined) return Object.keys(properties);
  return fieldsAt(Object.hasOwn(properties, name) ? properties[name] : schema.items, rest);
}

/** The JSON of a value in texts that are short each, so that a long answer need not be one text as a whole. */

/** A list of objects is written item by item, an object that has a list member by member, anything else at once. */
export function* jsonTexts(value: unknown): Generator<string, void> {
  if (Array.isArray(value) && value.some(isObject)) yield* listTexts(value);
  else if (isObject(value) && !Array.isArray(value) && Object.values(value).some(Array.isArray))
    yield* objectTexts(value);
  else yield JSON.stringify(value) ?? 'null';
}

function* listTexts(list: readonly unknown[]): Generator<string, void> {
  for (const [index, item] of list.entries()) {
    yield index === 0 ? '[' : ',';
    yield* jsonTexts(item);
  }
  yield ']';
}

function* objectTexts(value: object): Generator<string, void> {
  let before = '{';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* jsonTexts(member);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

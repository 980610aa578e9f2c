/** Takes a long JSON array apart into the texts of its items, so that each can be parsed by itself. */

export type ItemLimits = {
  /** Longest text of one item. */
  maxChars: number;
  /** How deep lists and objects may stand in each other within an item. */
  maxDepth: number;
};

/** The text is no JSON array, or an item goes beyond its limits. */
export class NoJsonItems extends Error {
  override readonly name = 'NoJsonItems';
  readonly reason: 'no array' | 'no JSON' | 'item too long' | 'item too deep';

  constructor(reason: NoJsonItems['reason']) {
    super(reason);
    this.reason = reason;
  }
}

const space = /[ \t\n\r]*/y;
/** What can end an item or change how deep it is; within a text its end alone counts. */
const sign = /["[\]{},]/g;
const endOfText = /["\\]/g;

/**
 * Only the places of brackets, commas and quotes are looked at: whether an item is JSON, its parser says. Throws
 * `NoJsonItems` when it comes to what is wrong.
 */
export function* jsonItems(text: string, limits: ItemLimits): Generator<string, void> {
  let at = afterSpace(text, text.startsWith('\ufeff') ? 1 : 0);
  if (text[at] !== '[') throw new NoJsonItems('no array');
  at = afterSpace(text, at + 1);
  const isEmpty = text[at] === ']';
  while (!isEmpty) {
    const end = endOfItem(text, at, limits);
    yield text.slice(at, end);
    at = end;
    if (text[at] === ']') break;
    at += 1;
  }
  if (afterSpace(text, at + 1) !== text.length) throw new NoJsonItems('no JSON');
}

/** Where the comma or the bracket behind the item stands. */
function endOfItem(text: string, start: number, { maxChars, maxDepth }: ItemLimits): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    at = find(sign, text, at);
    if (at - start > maxChars) throw new NoJsonItems('item too long');
    const char = text[at];
    if (depth === 0 && (char === ',' || char === ']')) return at;
    if (char === '"') at = endOfString(text, at + 1);
    else if (char === '[' || char === '{') depth += 1;
    else if (char !== ',') depth -= 1;
    if (depth > maxDepth) throw new NoJsonItems('item too deep');
    if (depth < 0) throw new NoJsonItems('no JSON');
  }
}

function endOfString(text: string, start: number): number {
  let at = find(endOfText, text, start);
  while (text[at] === '\\') at = find(endOfText, text, at + 2);
  return at;
}

function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (!found) throw new NoJsonItems('no JSON');
  return found.index;
}

function afterSpace(text: string, from: number): number {
  space.lastIndex = from;
  space.exec(text);
  return space.lastIndex;
}

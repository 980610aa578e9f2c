/** The body of a palette, JSON or CSV, as entries: a large one is read, checked and refused in slices. */
import { maxPaletteColours, PaletteBody, PaletteEntry, Problem, parse } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';
import { inSlices } from '../http/turns.ts';
import { jsonItems, NoJsonItems } from './json-items.ts';
import { rowsOfCsv } from './palette-csv.ts';

/** Up to so many characters a body is read at once, and a problem names every wrong place; beyond, the first one. */
const smallBodyChars = 64 * 1024;
/** Longest text of one colour. With every field as large as it may be, it takes a third of that. */
const maxColourChars = 256 * 1024;
/** A colour is an object that may have lists. */
const maxColourDepth = 8;

/** `readSmall` parses JSON as all routes do. Throws Problems. */
export async function entriesFromJson(
  text: string,
  work: LongWork,
  readSmall: (text: string) => Promise<unknown>,
): Promise<PaletteEntry[]> {
  const isSmall = text.length <= smallBodyChars;
  if (!isSmall || work.isDue()) await work.rest();
  if (isSmall) return parse(PaletteBody, await readSmall(text), { isOurs: true });
  const limits = { maxChars: maxColourChars, maxDepth: maxColourDepth };
  try {
    return requireSome(
      await inSlices(jsonItems(text, limits), work, (item, index) => requireEntry(parseItem(item), index)),
    );
  } catch (err) {
    throw err instanceof NoJsonItems ? problemOf(err) : err;
  }
}

/** Values stay texts. Throws Problems. */
export async function entriesFromCsv(text: string, work: LongWork): Promise<PaletteEntry[]> {
  const isSmall = text.length <= smallBodyChars;
  if (!isSmall || work.isDue()) await work.rest();
  const rows: unknown[] = [];
  const entries: PaletteEntry[] = [];
  for await (const row of rowsOfCsv(text, work)) {
    if (isSmall) rows.push(row);
    else entries.push(requireEntry(row, entries.length));
  }
  if (!isSmall) return requireSome(entries);
  if (work.isDue()) await work.rest();
  return parse(PaletteBody, rows, { isOurs: true });
}

function requireEntry(value: unknown, index: number): PaletteEntry {
  if (index < maxPaletteColours) return parse(PaletteEntry, value, { isOurs: true, pointer: `/${index}` });
  const detail = `must not have more than ${maxPaletteColours} items`;
  throw new Problem('invalid_option', { detail: `The body ${detail}.`, errors: [{ pointer: '', detail }] });
}

function requireSome(entries: PaletteEntry[]): PaletteEntry[] {
  return entries.length > 0 ? entries : parse(PaletteBody, entries, { isOurs: true });
}

/** `__proto__` is refused in small bodies, too. */
function parseItem(text: string): unknown {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    throw new NoJsonItems('no JSON');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoJsonItems('no JSON');
  }
}

function problemOf(err: NoJsonItems): Problem {
  switch (err.reason) {
    case 'no array':
      return new Problem('invalid_request', {
        detail: 'The body must be array.',
        errors: [{ pointer: '', detail: 'must be array' }],
      });
    case 'no JSON':
      return new Problem('invalid_request', { detail: 'The body is not valid JSON.', cause: err });
    case 'item too deep':
      return new Problem('invalid_request', { detail: 'The value is nested too deeply.', cause: err });
    case 'item too long':
      return new Problem('payload_too_large', {
        detail: `A colour has more than ${maxColourChars} characters.`,
        cause: err,
      });
  }
}

/** Finds where the rows of a long CSV begin and end, so that few of them at a time can be parsed. */
import { Problem } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';

/** Longest row, the header included. */
const maxRowChars = 32 * 1024;
/** So many empty lines are passed at once. */
const maxEmptyLines = 1024;

/** Walks through a text once, row by row. */
export type CsvRows = {
  /** Where it stands, and how many lines are before. */
  place(): { at: number; lines: number };
  /** Passes empty lines, which are no rows; false at the end of the text. */
  skipEmpty(): Promise<boolean>;
  /** Passes a row with its end of line, or some empty lines; false at the end. Throws `invalid_request` for one too long. */
  skipRow(): Promise<boolean>;
  /** The text from there to where it stands. */
  since(at: number): string;
};

/**
 * Where a row ends is found by its quotes: their number is even, or it is no row. Every character is looked at a few times at
 * most, however many rows there are.
 */
export function walkCsvRows(text: string, work: LongWork): CsvRows {
  const newline = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let lines = 0;
  const nextQuote = finder(text, '"');
  const nextNewline = finder(text, newline);

  function passEmptyLines(): number {
    let passed = 0;
    for (; passed < maxEmptyLines && text.startsWith(newline, at); passed += 1) at += newline.length;
    lines += passed;
    return passed;
  }

  /** How many quotes are between here and the end. */
  function quotesUntil(end: number): number {
    let quotes = 0;
    for (let quote = nextQuote(at); quote < end; quote = nextQuote(quote + 1)) quotes += 1;
    return quotes;
  }

  return {
    place: () => ({ at, lines }),
    since: (start) => text.slice(start, at),
    async skipEmpty() {
      while (passEmptyLines() > 0) {
        if (work.isDue()) await work.rest();
      }
      return at < text.length;
    },
    async skipRow() {
      if (at >= text.length || passEmptyLines() > 0) return at < text.length;
      const start = at;
      for (let quotes = 0, isWhole = false; !isWhole; ) {
        if (work.isDue()) await work.rest();
        const end = Math.min(nextNewline(at), text.length);
        if (end - start > maxRowChars)
          throw new Problem('invalid_request', { detail: 'The CSV has a row that is too long.' });
        quotes += quotesUntil(end);
        if (end < text.length) lines += 1;
        at = Math.min(end + newline.length, text.length);
        isWhole = quotes % 2 === 0 || at === text.length;
      }
      return true;
    },
  };
}

/**
 * The next place of a sign, from places that only grow; infinity when there is none. What was found is kept until it is
 * passed: each part of the text is searched once.
 */
function finder(text: string, sign: string): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found >= from) return found;
    const next = text.indexOf(sign, from);
    found = next < 0 ? Number.POSITIVE_INFINITY : next;
    return found;
  };
}

/** Palettes as CSV: a header with name, hex and any other column, one colour a row. */
import { type PaletteEntry, Problem } from '@tintype/contracts';
import { parse as parseCsv } from 'csv-parse/sync';
import { inSlices, type LongWork } from '../http/turns.ts';

/** The parser is given so much at once, or one row. */
const batchChars = 8 * 1024;
/** Longest row, the header included. */
const maxRowChars = 32 * 1024;

/**
 * Rows as entries, in slices; values stay texts. Throws `invalid_request` that names the line for CSV that is none. Where a
 * row ends is found by its quotes: their number is even, or it is no row.
 */
export async function* rowsOfCsv(text: string, work: LongWork): AsyncGenerator<unknown, void> {
  const newline = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  const header = await endOfRow(text, newline, await startOfRow(text, newline, 0, work), work);
  const head = text.slice(0, header);
  const delimiter = delimiterOf(head);
  for (let at = header; at < text.length; ) {
    const start = await startOfRow(text, newline, at, work);
    at = start;
    while (at < text.length && at - start < batchChars) at = await endOfRow(text, newline, at, work);
    yield* parseRows(head + text.slice(start, at), delimiter, () => linesIn(text.slice(0, start)) - linesIn(head));
  }

  function linesIn(part: string): number {
    return part.split(newline).length - 1;
  }
}

/** Empty lines are none. */
async function startOfRow(text: string, newline: string, from: number, work: LongWork): Promise<number> {
  let at = from;
  while (text.startsWith(newline, at)) {
    if (work.isDue()) await work.rest();
    at += newline.length;
  }
  return at;
}

/** Behind the row's own end of line. */
async function endOfRow(text: string, newline: string, start: number, work: LongWork): Promise<number> {
  let quotes = 0;
  for (let at = start; ; ) {
    if (work.isDue()) await work.rest();
    const found = text.indexOf(newline, at);
    const end = found < 0 ? text.length : found;
    if (end - start > maxRowChars)
      throw new Problem('invalid_request', { detail: 'The CSV has a row that is too long.' });
    for (let quote = text.indexOf('"', at); quote >= 0 && quote < end; quote = text.indexOf('"', quote + 1))
      quotes += 1;
    at = end + newline.length;
    if (quotes % 2 === 0 || found < 0) return Math.min(at, text.length);
  }
}

function parseRows(text: string, delimiter: string, linesBefore: () => number): unknown[] {
  try {
    return parseCsv(text, { columns: true, bom: true, skip_empty_lines: true, trim: true, delimiter });
  } catch (cause) {
    const hasLine = typeof cause === 'object' && cause !== null && 'lines' in cause;
    const line = hasLine ? ` (line ${Number(cause.lines) + linesBefore()})` : '';
    throw new Problem('invalid_request', { detail: `The CSV cannot be read${line}.`, cause });
  }
}

/** Spreadsheets write what their country writes: the header has most of the one that is used. */
function delimiterOf(header: string): string {
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

/** The union of all fields as columns, quoted where needed (RFC 4180). */
export async function csvFromEntries(entries: readonly PaletteEntry[], work: LongWork): Promise<string> {
  const columns = new Set(['name', 'hex']);
  await inSlices(entries, work, (entry) => {
    for (const column of Object.keys(entry)) columns.add(column);
  });
  const names = [...columns];
  const rows = await inSlices(entries, work, (entry) => names.map((name) => quoted(entry[name])).join(','));
  return [names.map(quoted).join(','), ...rows, ''].join('\r\n');
}

function quoted(value: unknown): string {
  const text = value === undefined || value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Palettes as CSV: a header with name, hex and any other column, one colour a row. */
import { maxPaletteColours, maxPaletteFields, type PaletteEntry, Problem } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';
import { type Options, parse as parseCsv } from 'csv-parse/sync';
import { inSlices } from '../http/turns.ts';
import { type CsvRows, walkCsvRows } from './csv-rows.ts';

/** The parser is given so much at once, or one row. */
const batchChars = 8 * 1024;

/** Rows as entries, in slices; values stay texts. Throws `invalid_request` that names the line for CSV that is none. */
export async function* rowsOfCsv(text: string, work: LongWork): AsyncGenerator<unknown, void> {
  const rows = walkCsvRows(text, work);
  const { delimiter, columns } = await headerOf(rows);
  while (await rows.skipEmpty()) {
    const { at: start, lines } = rows.place();
    while (rows.place().at < start + batchChars && (await rows.skipRow()));
    yield* parseRows(text.slice(start, rows.place().at), { columns, delimiter }, lines);
  }
}

/** The first row that is not blank; none where there is no such row. */
async function headerOf(rows: CsvRows): Promise<{ delimiter: string; columns: string[] }> {
  while (await rows.skipEmpty()) {
    const { at, lines } = rows.place();
    await rows.skipRow();
    const head = rows.since(at);
    if (head.trim() === '') continue;
    const delimiter = delimiterOf(head);
    const [columns] = parseRows(head, { columns: false, delimiter }, lines);
    if (Array.isArray(columns)) return { delimiter, columns };
  }
  return { delimiter: ',', columns: [] };
}

/** `linesBefore`: of the whole text before these rows. */
function parseRows(text: string, options: Options, linesBefore: number): unknown[] {
  try {
    return parseCsv(text, { ...options, skip_empty_lines: true, trim: true });
  } catch (cause) {
    const hasLine = typeof cause === 'object' && cause !== null && 'lines' in cause;
    const line = hasLine ? ` (line ${Number(cause.lines) + linesBefore})` : '';
    throw new Problem('invalid_request', { detail: `The CSV cannot be read${line}.`, cause });
  }
}

/** Spreadsheets write what their country writes: the header has most of the one that is used. */
function delimiterOf(header: string): string {
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

/** As many as a palette that is put today can have; those of older releases may have any number of columns. */
const maxCells = maxPaletteColours * (2 + maxPaletteFields);

/**
 * The header and the rows, each as text when its turn comes: the union of all fields as columns, quoted where needed (RFC
 * 4180). Throws `conflict` for a palette that has too many cells.
 */
export async function csvFromEntries(entries: readonly PaletteEntry[], work: LongWork): Promise<Iterable<string>> {
  const columns = new Set(['name', 'hex']);
  await inSlices(entries, work, (entry) => {
    for (const column of Object.keys(entry)) columns.add(column);
    if (columns.size * entries.length <= maxCells) return;
    throw new Problem('conflict', {
      detail: 'The colours of this palette have too many different fields for columns; ask for it as JSON.',
    });
  });
  return csvRows([...columns], entries);
}

function* csvRows(columns: readonly string[], entries: readonly PaletteEntry[]): Generator<string, void> {
  yield `${columns.map(quoted).join(',')}\r\n`;
  for (const entry of entries) yield `${columns.map((column) => quoted(entry[column])).join(',')}\r\n`;
}

function quoted(value: unknown): string {
  const text = value === undefined || value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

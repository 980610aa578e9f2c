/** Palettes as CSV: a header with name, hex and any other column, one colour a row. */
import { type PaletteEntry, Problem } from '@tintype/contracts';
import { parse as parseCsv } from 'csv-parse/sync';

/** Rows as entries; values stay texts. Throws `invalid_request` that names the line for CSV that is none. */
export function entriesFromCsv(text: string): Record<string, string>[] {
  try {
    return parseCsv(text, {
      columns: true,
      bom: true,
      skip_empty_lines: true,
      trim: true,
      delimiter: delimiterOf(text),
    });
  } catch (cause) {
    const line = typeof cause === 'object' && cause !== null && 'lines' in cause ? ` (line ${cause.lines})` : '';
    throw new Problem('invalid_request', { detail: `The CSV cannot be read${line}.`, cause });
  }
}

/** Spreadsheets write what their country writes: the header has most of the one that is used. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split('\n', 1);
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

/** The union of all fields as columns, quoted where needed (RFC 4180). */
export function csvFromEntries(entries: readonly PaletteEntry[]): string {
  const columns = [...new Set(['name', 'hex', ...entries.flatMap((entry) => Object.keys(entry))])];
  const rows = entries.map((entry) => columns.map((column) => quoted(entry[column])).join(','));
  return [columns.map(quoted).join(','), ...rows, ''].join('\r\n');
}

function quoted(value: unknown): string {
  const text = value === undefined || value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

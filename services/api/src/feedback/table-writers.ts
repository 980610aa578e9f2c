/** Rows as JSON, NDJSON or CSV, piece by piece: an answer is as long as there are rows, and none of it is held. */
import { Readable } from 'node:stream';
import type { AnalyticsFormat } from '@tintype/contracts';

type Cell = string | number | null;
export type TableRow = Record<string, Cell>;

export const tableTypes: Readonly<Record<AnalyticsFormat, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** Each piece is what becomes of one page. */
export function writeTable(
  format: AnalyticsFormat,
  columns: readonly string[],
  pages: AsyncIterable<readonly TableRow[]>,
): Readable {
  // Pieces are some tens of kB: one of them waits at most.
  return Readable.from(pieces[format](columns, pages), { highWaterMark: 1 });
}

type Pieces = (columns: readonly string[], pages: AsyncIterable<readonly TableRow[]>) => AsyncGenerator<string, void>;

const pieces: Record<AnalyticsFormat, Pieces> = {
  async *json(_columns, pages) {
    let separator = '{"data":[';
    for await (const rows of pages) {
      if (rows.length === 0) continue;
      yield separator + rows.map((row) => JSON.stringify(row)).join(',');
      separator = ',';
    }
    yield separator === ',' ? ']}\n' : `${separator}]}\n`;
  },
  async *ndjson(_columns, pages) {
    for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  },
  /** With a mark by which spreadsheets know that it is UTF-8, and lines that end as RFC 4180 has them. */
  async *csv(columns, pages) {
    yield `\ufeff${columns.join(',')}\r\n`;
    for await (const rows of pages) {
      yield rows.map((row) => `${columns.map((name) => csvCell(row[name] ?? null)).join(',')}\r\n`).join('');
    }
  },
};

/** What a spreadsheet takes for a formula, in its full-width spelling too (OWASP, CSV injection). */
const formula = /^[\s]*[=+\-@\t\r＝＋－＠|%]/u;

/** A text that would be a formula begins with an apostrophe, which spreadsheets do not show. */
function csvCell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

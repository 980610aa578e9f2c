/** Captions as CSV: a header that names the columns file, caption and perhaps tags, in any order. */
import { CsvError, parse } from 'csv-parse/sync';
import { WrongUsage } from '../wrong-usage.ts';
import { type CaptionRow, tagsIn } from './captions.ts';

/** How a column may be called. */
const columnNames = {
  file: ['file', 'file_name', 'filename', 'path', 'image'],
  caption: ['caption', 'captions', 'description', 'text'],
  tags: ['tags', 'keywords', 'labels'],
} as const;

/** Rows in their order. Throws `WrongUsage` that names the line, or the column that is missing. */
export function parseCaptionsCsv(text: string, path: string): CaptionRow[] {
  const [header = [], ...rows] = cellsOf(text, path);
  const columns = header.map((name) => name.trim().toLowerCase());
  const columnOf = (names: readonly string[]) => columns.findIndex((name) => names.includes(name));
  const [file, caption, tags] = [columnNames.file, columnNames.caption, columnNames.tags].map(columnOf);
  if (file === undefined || file === -1) {
    const found = columns.length === 0 ? 'it is empty' : `its first line has ${columns.join(', ')}`;
    throw new WrongUsage(
      `${path} has no column file (${found}): the first line must be file,caption or file,caption,tags.`,
    );
  }
  const cellIn = (row: readonly string[], column: number | undefined) =>
    column === undefined || column === -1 ? '' : (row[column] ?? '');
  return rows
    .filter((row) => cellIn(row, file).trim() !== '')
    .map((row) => ({ file: cellIn(row, file), captions: [cellIn(row, caption)], tags: tagsIn(cellIn(row, tags)) }));
}

function cellsOf(text: string, path: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch (err) {
    const line = err instanceof CsvError && typeof err.lines === 'number' ? ` (line ${err.lines})` : '';
    throw new WrongUsage(`${path} cannot be read as CSV${line}: is a quote not closed?`);
  }
}

/** Spreadsheets write what their country writes: the header has most of the one that is used. */
function delimiterOf(text: string): string {
  const header = text.split(/\r?\n|\r/).find((line) => line.trim() !== '') ?? '';
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

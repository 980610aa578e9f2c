/** What an import has come to: a file for programs and spreadsheets, and a few lines for whoever waits. */
import { rename, writeFile } from 'node:fs/promises';
import type { Counts, FailedFile, SkippedFile, Tally } from './tally.ts';

export type ImportReport = {
  api: string;
  folder: string;
  started_at: string;
  ended_at: string;
  /** Why it ended before all files were dealt with; null where it did not. */
  stopped: { code: string; detail: string } | null;
  counts: Counts;
  failed: readonly FailedFile[];
  skipped: readonly SkippedFile[];
  /** Files that the captions speak of and that were not found. */
  captions_without_file: readonly string[];
};

export type ReportFacts = Pick<ImportReport, 'api' | 'folder' | 'started_at' | 'stopped' | 'captions_without_file'>;

export function reportOf(tally: Tally, facts: ReportFacts): ImportReport {
  const { failed, skipped } = tally;
  return { ...facts, ended_at: new Date().toISOString(), counts: tally.counts(), failed, skipped };
}

/** As CSV where the path ends in `.csv`, else as JSON. What was there is replaced as a whole. */
export async function writeReport(path: string, report: ImportReport): Promise<void> {
  const text = /\.csv$/i.test(path) ? csvOf(report) : `${JSON.stringify(report, null, 2)}\n`;
  const temporary = `${path}.new`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

function csvOf({ failed, skipped, captions_without_file: unused }: ImportReport): string {
  const rows = [
    ['outcome', 'file', 'name', 'id', 'code', 'detail'],
    ...failed.map(({ file, name, id, code, detail }) => ['failed', file, name ?? '', id ?? '', code, detail]),
    ...skipped.map(({ file, code, detail }) => ['skipped', file, '', '', code, detail]),
    ...unused.map((file) => ['caption without file', file, '', '', '', '']),
  ];
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

/** Spreadsheets take a text that begins so for a formula: an apostrophe before it makes it one again (OWASP). */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const mostCodes = 5;

/** Ends with a line break. */
export function summaryOf(report: ImportReport, paths: { report: string; journal: string }): string {
  const { counts, stopped, captions_without_file: unused } = report;
  const { found, done, already, pending, failed, skipped, not_sent: notSent } = counts;
  const parts = [
    `${done} done${already > 0 ? ` (${already} of them there already)` : ''}`,
    ...(pending > 0 ? [`${pending} sent`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} no pictures`] : []),
    ...(notSent > 0 ? [`${notSent} not sent`] : []),
  ];
  const lines = [
    `${found} files: ${parts.join(', ')}.`,
    ...(failed > 0 ? [`Failed: ${codesOf(report.failed)}. Each is in ${paths.report}`] : []),
    ...(unused.length > 0
      ? [`${unused.length} captions are of files that are not there, the first of ${unused[0]}`]
      : []),
    ...(stopped === null
      ? []
      : [`Stopped: ${stopped.detail}`, `The same command goes on from here (${paths.journal}).`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** `12 corrupt_image, 1 conflict` */
function codesOf(failed: readonly FailedFile[]): string {
  const counts = new Map<string, number>();
  for (const { code } of failed) counts.set(code, (counts.get(code) ?? 0) + 1);
  const most = [...counts].sort(([, one], [, other]) => other - one);
  const shown = most.slice(0, mostCodes).map(([code, count]) => `${count} ${code}`);
  return [...shown, ...(most.length > mostCodes ? ['others'] : [])].join(', ');
}

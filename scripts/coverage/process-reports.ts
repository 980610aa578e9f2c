/** Takes the reports of processes as they come in: all of a long run together would fill a disk. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { linesRunBy, ProcessReport } from './covered-lines.ts';

const Report = Compile(ProcessReport);

/** Calls `onLines` for each source of ours, and erases what it has read. A report that is half-written stays for later. */
export async function takeReports(
  folder: string,
  sources: ReadonlyMap<string, string>,
  onLines: (path: string, lines: number[]) => void,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const report = wholeReport(await readFile(path, 'utf8'));
    if (report === null) continue;
    for (const { url, functions } of report.result) {
      const source = url.startsWith('file://') ? fileURLToPath(url) : '';
      const text = sources.get(source);
      if (text !== undefined) onLines(source, linesRunBy(functions, text));
    }
    await rm(path);
  }
}

function wholeReport(text: string) {
  try {
    const report: unknown = JSON.parse(text);
    return Report.Check(report) ? report : null;
  } catch {
    return null;
  }
}

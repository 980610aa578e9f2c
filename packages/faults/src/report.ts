/** The result as text for people, as a table for the docs, and as one document for programs. */
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { cellsOf, type FaultResult, headings } from './rows.ts';

export type Report = { measuredWith: string; results: FaultResult[] };

/** Machine and versions in one line. */
export function describeSetup(redisVersion: string, rounds: number): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${gigabytes} GB`;
  return `${rounds} round(s) of each, on ${machine}, Linux ${release()}, Node ${process.version.slice(1)}, Redis ${redisVersion}.`;
}

export function reportText({ measuredWith, results }: Report): string {
  const longestHeading = Math.max(...headings.map((heading) => heading.length));
  const blocks = results.map((result) => {
    const [title, ...cells] = cellsOf(result);
    if (result.skipped !== null) return `${title}: skipped, ${result.skipped}`;
    const lines = cells.map((cell, index) => `  ${(headings[index + 1] ?? '').padEnd(longestHeading + 2)}${cell}`);
    return [title, ...lines, ...missedOf(result).map((line) => `  MISSED ${line}`)].join('\n');
  });
  const missed = results.flatMap(missedOf).length;
  return [measuredWith, ...blocks, missed === 0 ? 'Every must was kept.' : `${missed} musts were missed.`].join('\n\n');
}

/** A Markdown table with a row per fault. */
export function reportTable({ measuredWith, results }: Report): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, index) => (index === 0 ? '---' : '---:'));
  return [row(headings), row(rule), ...results.map((result) => row(cellsOf(result))), '', measuredWith].join('\n');
}

export function reportJson({ measuredWith, results }: Report): string {
  const faults = results.map(({ fault, skipped, verdicts }) => ({ fault: fault.name, skipped, verdicts }));
  return JSON.stringify({ measuredWith, faults }, null, 2);
}

/** Every must that was missed, over all rounds. */
export function missedOf({ verdicts }: FaultResult): string[] {
  return verdicts.flatMap(({ missed, late }) => [...missed, ...late]);
}

/** What a result of the benchmark puts into docs/performance.md: a block of Markdown for each suite with a table. */
import Type, { type Static } from 'typebox';
import { goalText, judgeRow, QueueSuiteResult } from '../queue/result.ts';

/** The parts of a `--json` document that the page is made of. */
export const PageSource = Type.Object({
  machine: Type.Object({
    cpu: Type.String(),
    cores: Type.Integer(),
    memoryBytes: Type.Number(),
    kernel: Type.String(),
  }),
  versions: Type.Record(Type.String(), Type.String()),
  queueSuites: Type.Array(QueueSuiteResult),
  growthSuites: Type.Array(QueueSuiteResult),
});
export type PageSource = Static<typeof PageSource>;

/** `name` is that of its markers in the page. */
export type Block = { name: string; markdown: string };

/** One for each suite that was run; its plot is beside the page, under `performance/`. */
export function blocksOf(source: PageSource): Block[] {
  const suites = [...source.queueSuites, ...source.growthSuites];
  return suites.map((suite) => ({ name: suite.suite, markdown: markdownOf(suite, source) }));
}

function markdownOf(result: QueueSuiteResult, source: PageSource): string {
  const { suite, title, plot } = result;
  return [
    ...(plot ? [`![${plot.title}](performance/${suite}.svg)`] : []),
    `${title[0]?.toUpperCase()}${title.slice(1)}:`,
    tableOf(result).join('\n'),
    ...Object.entries(result.failures).map(([failure, count]) => `FAILED ${count} × ${failure}`),
    measuredOn(source),
  ].join('\n\n');
}

function tableOf({ columns, rows, failures }: QueueSuiteResult): string[] {
  const hasFailures = Object.keys(failures).length > 0;
  const hasGoals = rows.some(({ goal }) => goal);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) => [
    row.label,
    ...row.values.map((value) => (value === null ? '' : value.toFixed(row.digits))),
    ...(hasGoals ? [goalText(judgeRow(row, hasFailures), row.digits)] : []),
  ]);
  return [
    line(['', ...columns, ...(hasGoals ? ['goal'] : [])]),
    line(['---', ...columns.map(() => '---:'), ...(hasGoals ? ['---'] : [])]),
    ...body.map(line),
  ];
}

function measuredOn({ machine, versions }: PageSource): string {
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const installed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, Linux ${machine.kernel}; ${installed.join(', ')}.`;
}

/** What a result of the benchmark puts into docs/performance.md: a block of Markdown for each suite with a table. */
import Type, { type Static } from 'typebox';
import { goalText, judgeRow, QueueSuiteResult } from '../queue/result.ts';

/** The first row are the headings. */
const Table = Type.Array(Type.Array(Type.String()));

/** The parts of a `--json` document that the page is made of. */
export const PageSource = Type.Object({
  machine: Type.Object({
    cpu: Type.String(),
    cores: Type.Integer(),
    memoryBytes: Type.Number(),
    kernel: Type.String(),
  }),
  versions: Type.Record(Type.String(), Type.String()),
  peerVersions: Type.Record(Type.String(), Type.String()),
  suites: Type.Array(
    Type.Object({ suite: Type.String(), title: Type.String(), loads: Type.Array(Type.Object({ table: Table })) }),
  ),
  goals: Type.Array(
    Type.Object({ cells: Type.Array(Type.String()), reason: Type.Union([Type.String(), Type.Null()]) }),
  ),
  queueSuites: Type.Array(QueueSuiteResult),
  growthSuites: Type.Array(QueueSuiteResult),
});
export type PageSource = Static<typeof PageSource>;

/** `name` is that of its markers in the page. */
export type Block = { name: string; markdown: string };

/**
 * One for each suite with a plot that was run, beside the page under `performance/`; two for all suites of pictures
 * together.
 */
export function blocksOf(source: PageSource): Block[] {
  const suites = [...source.queueSuites, ...source.growthSuites];
  const plotted = suites.map((suite) => ({ name: suite.suite, markdown: markdownOf(suite, source) }));
  return source.suites.length > 0 ? [goalsBlock(source), contestantsBlock(source), ...plotted] : plotted;
}

/** Goals of suites that were not run are left out. */
function goalsBlock({ goals }: PageSource): Block {
  const measured = goals.filter(({ reason }) => !reason?.startsWith('without the suite')).map(({ cells }) => cells);
  return { name: 'goals', markdown: markdownTable([['', 'measured', 'goal', ''], ...measured]).join('\n') };
}

function contestantsBlock(source: PageSource): Block {
  const tables = source.suites.flatMap(({ suite, title, loads }) => [
    `**${suite}**: ${title}`,
    ...loads.map(({ table }) => markdownTable(table).join('\n')),
  ]);
  return { name: 'contestants', markdown: [...tables, measuredOn(source)].join('\n\n') };
}

/** Everything but the first column flush right. */
function markdownTable([headings = [], ...rows]: string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
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

function measuredOn({ machine, versions, peerVersions }: PageSource): string {
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const installed = Object.entries({ ...versions, ...peerVersions }).map(([name, version]) => `${name} ${version}`);
  return `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, Linux ${machine.kernel}; ${installed.join(', ')}.`;
}

/** The result as a table for people, and as one document for programs. */
import type { CaseKind, ClassResult } from './case.ts';
import { judgeGoals } from './goals.ts';
import type { HostileResult } from './run.ts';

const headings = [
  '',
  'class',
  'cases',
  'failures',
  'slowest ms',
  'worker MB',
  'with children',
  'API loop ms',
  'worker loop ms',
];

/** A row per class, every failure and all that other tenants have noticed, then the totals against their goals. */
export function reportText({ classes, totals }: HostileResult, judgesTimes: boolean): string {
  const rows = [headings, ...classes.map(cellsOf)];
  const lines = aligned(rows);
  const table = lines.flatMap((line, i) => [line, ...failureLines(classes[i - 1]), ...longTurnLines(classes[i - 1])]);
  const goals = judgeGoals(totals, judgesTimes).map(({ name, figure, goal, met }) => [
    name,
    figure,
    goal,
    wordFor(met),
  ]);
  const found = [
    ...totals.serverErrors.map((text) => `  500 OR MORE  ${oneLine(text)}`),
    ...totals.leaks.map((text) => `  TOLD  ${oneLine(text)}`),
    ...totals.defects.map((text) => `  DEFECT  ${text.slice(0, 2000)}`),
  ];
  const summary = `${totals.cases} cases, ${totals.answers} answers looked at`;
  return [...table, '', summary, lateness(classes), ...aligned(goals), ...found].join('\n');
}

/** Everything, with every case and the judged goals. */
export function reportJson(result: HostileResult, judgesTimes: boolean): string {
  return JSON.stringify({ ...result, goals: judgeGoals(result.totals, judgesTimes) }, null, 2);
}

function wordFor(met: boolean | null): string {
  if (met === null) return 'not judged';
  return met ? 'met' : 'MISSED';
}

function cellsOf({ kind, name, results, workerBytes, treeBytes, loops }: ClassResult): string[] {
  const slowestMs = Math.max(0, ...results.map(({ ms }) => ms));
  const failures = results.filter(({ ok, isLate }) => !ok || isLate).length;
  const megabytes = [workerBytes, treeBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  const turns = [loops.api, loops.worker].map((turn) => (turn?.cpuMs ?? 0).toFixed(0));
  return [kind, name, `${results.length}`, `${failures}`, slowestMs.toFixed(0), ...megabytes, ...turns];
}

/** Kinds of which every case is told, not only those that failed. */
const told: readonly CaseKind[] = ['tenants', 'readers', 'quotas'];

function failureLines(result: ClassResult | undefined): string[] {
  return (result?.results ?? [])
    .filter(({ ok, isLate }) => !ok || isLate || told.includes(result?.kind ?? 'files'))
    .map(({ name, ok, isLate, expected, got }) => {
      const fact = oneLine(got);
      if (ok && !isLate) return `    ${name}: ${fact} (${expected})`;
      return `    ${ok ? 'LATE' : 'FAILED'} ${name}: expected ${expected}, got ${fact}`;
    });
}

/** Most that are named for one turn: a class of many cases has them side by side. */
const mostNamed = 4;

function longTurnLines(result: ClassResult | undefined): string[] {
  return (result?.loops.longTurns ?? []).map(({ loop, cpuMs, cases }) => {
    const more = cases.length > mostNamed ? `, or ${cases.length - mostNamed} more` : '';
    const named = cases.slice(0, mostNamed).map((name) => oneLine(name).slice(0, 80));
    return `    HELD the ${loop}’s loop for ${cpuMs.toFixed(0)} ms: ${named.join(', or ')}${more}`;
  });
}

/** Told and not judged: it depends on what else the machine does, as the idle process shows. */
function lateness(classes: readonly ClassResult[]): string {
  const worst = (pick: (loops: ClassResult['loops']) => number) =>
    Math.max(0, ...classes.map(({ loops }) => pick(loops))).toFixed(0);
  const [api, worker] = [worst(({ apiLateMs }) => apiLateMs), worst(({ workerLateMs }) => workerLateMs)];
  const idle = worst(({ idleLateMs }) => idleLateMs);
  return `late at worst: the API ${api} ms, the worker ${worker} ms, a process beside them that is idle ${idle} ms`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 400);
}

/** Words flush left, figures flush right. */
function aligned(rows: readonly string[][]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return /^\d/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

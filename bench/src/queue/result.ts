/** What a suite about the queue or about growth finds: a table of its own, whose rows may have goals and be drawn. */
import Type, { type Static } from 'typebox';
import { Plot } from '../plots/plot.ts';
import { aligned } from '../table.ts';

/** Limits for every value of a row, or for that of one column alone. */
export const RowGoal = Type.Object({
  column: Type.Optional(Type.Integer()),
  atLeast: Type.Optional(Type.Number()),
  atMost: Type.Optional(Type.Number()),
});
export type RowGoal = Static<typeof RowGoal>;

export const MeasuredRow = Type.Object({
  label: Type.String(),
  /** One per column; null where there is nothing to measure. */
  values: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  /** Shown with so many digits. */
  digits: Type.Integer(),
  goal: Type.Optional(RowGoal),
  /** Of the suite's plot: the panel, by what its vertical axis says, and the name of the line in it. */
  drawn: Type.Optional(Type.Object({ panel: Type.String(), line: Type.String() })),
});
export type MeasuredRow = Static<typeof MeasuredRow>;

export const QueueSuiteResult = Type.Object({
  suite: Type.String(),
  title: Type.String(),
  columns: Type.Array(Type.String()),
  rows: Type.Array(MeasuredRow),
  plot: Type.Optional(Plot),
  /** What went wrong, and how often; any entry makes the figures worthless. */
  failures: Type.Record(Type.String(), Type.Integer()),
  /** What the services had to say. */
  warnings: Type.Array(Type.String()),
  redisVersion: Type.String(),
});
export type QueueSuiteResult = Static<typeof QueueSuiteResult>;

export type RowJudgement = { label: string; goal: RowGoal; met: boolean };

/** Every goal, held against each value of its row. A row without any misses, and so does all when something failed. */
export function judgeRows({ rows, failures }: Pick<QueueSuiteResult, 'rows' | 'failures'>): RowJudgement[] {
  return rows.flatMap((row) => judgeRow(row, Object.keys(failures).length > 0) ?? []);
}

/** Null without a goal. */
export function judgeRow({ label, values, goal }: MeasuredRow, hasFailures: boolean): RowJudgement | null {
  if (!goal) return null;
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  const judged = goal.column === undefined ? values : values.slice(goal.column, goal.column + 1);
  const measured = judged.filter((value) => value !== null);
  const isWithin = measured.length > 0 && measured.every((value) => value >= atLeast && value <= atMost);
  return { label, goal, met: isWithin && !hasFailures };
}

/** The table for a reader. */
export function queueSuiteLines({ suite, title, columns, rows, failures }: QueueSuiteResult): string[] {
  const hasFailures = Object.keys(failures).length > 0;
  const cells = rows.map((row) => [
    row.label,
    ...row.values.map((value) => (value === null ? '' : value.toFixed(row.digits))),
    goalText(judgeRow(row, hasFailures), row.digits),
  ]);
  return [
    '',
    `${suite}: ${title}`,
    ...aligned([['', ...columns, 'goal'], ...cells]),
    ...Object.entries(failures).map(([failure, count]) => `  FAILED ${count} × ${failure}`),
  ];
}

/** `≤ 0.2: met`; empty without a goal. */
export function goalText(judgement: RowJudgement | null, digits: number): string {
  if (!judgement) return '';
  const { goal, met } = judgement;
  const limits = [
    ...(goal.atLeast === undefined ? [] : [`≥ ${goal.atLeast.toFixed(digits)}`]),
    ...(goal.atMost === undefined ? [] : [`≤ ${goal.atMost.toFixed(digits)}`]),
  ];
  return `${limits.join(', ')}: ${met ? 'met' : 'MISSED'}`;
}

/** What a suite about the queue finds: a table of its own, whose rows may have goals. */
import { aligned } from '../table.ts';
import type { QueueSuiteName } from './suite-names.ts';

/** Limits for every value of a row. */
export type RowGoal = { atLeast?: number; atMost?: number };

export type MeasuredRow = {
  label: string;
  /** One per column; null where there is nothing to measure. */
  values: (number | null)[];
  /** Shown with so many digits. */
  digits: number;
  goal?: RowGoal;
};

export type QueueSuiteResult = {
  suite: QueueSuiteName;
  title: string;
  columns: string[];
  rows: MeasuredRow[];
  /** What went wrong, and how often; any entry makes the figures worthless. */
  failures: Record<string, number>;
  /** What the services had to say. */
  warnings: string[];
  redisVersion: string;
};

export type RowJudgement = { label: string; goal: RowGoal; met: boolean };

/** Every goal, held against each value of its row. A row without any misses, and so does all when something failed. */
export function judgeRows({ rows, failures }: Pick<QueueSuiteResult, 'rows' | 'failures'>): RowJudgement[] {
  return rows.flatMap((row) => judgeRow(row, Object.keys(failures).length > 0) ?? []);
}

function judgeRow({ label, values, goal }: MeasuredRow, hasFailures: boolean): RowJudgement | null {
  if (!goal) return null;
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  const measured = values.filter((value) => value !== null);
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

function goalText(judgement: RowJudgement | null, digits: number): string {
  if (!judgement) return '';
  const { goal, met } = judgement;
  const limits = [
    ...(goal.atLeast === undefined ? [] : [`≥ ${goal.atLeast.toFixed(digits)}`]),
    ...(goal.atMost === undefined ? [] : [`≤ ${goal.atMost.toFixed(digits)}`]),
  ];
  return `${limits.join(', ')}: ${met ? 'met' : 'MISSED'}`;
}

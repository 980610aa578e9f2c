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
  const hasFailures = Object.keys(failures).length > 0;
  return rows.flatMap(({ label, values, goal }) => {
    if (!goal) return [];
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
    const measured = values.filter((value) => value !== null);
    const isWithin = measured.length > 0 && measured.every((value) => value >= atLeast && value <= atMost);
    return [{ label, goal, met: isWithin && !hasFailures }];
  });
}

/** The table for a reader. */
export function queueSuiteLines(result: QueueSuiteResult): string[] {
  const judged = new Map(judgeRows(result).map((judgement) => [judgement.label, judgement]));
  const cells = result.rows.map(({ label, values, digits }) => [
    label,
    ...values.map((value) => (value === null ? '' : value.toFixed(digits))),
    goalText(judged.get(label), digits),
  ]);
  return [
    '',
    `${result.suite}: ${result.title}`,
    ...aligned([['', ...result.columns, 'goal'], ...cells]),
    ...Object.entries(result.failures).map(([failure, count]) => `  FAILED ${count} × ${failure}`),
  ];
}

function goalText(judgement: RowJudgement | undefined, digits: number): string {
  if (!judgement) return '';
  const { goal, met } = judgement;
  const limits = [
    ...(goal.atLeast === undefined ? [] : [`≥ ${goal.atLeast.toFixed(digits)}`]),
    ...(goal.atMost === undefined ? [] : [`≤ ${goal.atMost.toFixed(digits)}`]),
  ];
  return `${limits.join(', ')}: ${met ? 'met' : 'MISSED'}`;
}

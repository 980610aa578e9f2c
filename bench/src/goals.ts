/** The goals that can be judged without a rival at hand. To add one, add its line. */
import type { FigureName, Figures } from './figures.ts';
import type { SuiteName } from './suites.ts';

export type Goal = {
  suites: readonly SuiteName[];
  figure: FigureName;
  /** Tintype's own value, or the ratio to the bare loop. */
  of: 'tintype' | 'ratio';
} & ({ atMost: number } | { atLeast: number });

export const goals: readonly Goal[] = [
  { suites: ['web'], figure: 'cpuMsPerPicture', of: 'ratio', atMost: 1.2 },
  { suites: ['web'], figure: 'picturesPerSecond', of: 'ratio', atLeast: 0.85 },
  { suites: ['small'], figure: 'cpuMsPerPicture', of: 'ratio', atMost: 1.3 },
  // Only where no two thumbnails are alike: equal ones share their entry among the blobs.
  { suites: ['small'], figure: 'redisBytesPerJob', of: 'tintype', atMost: 3600 },
];

export type Judgement = { goal: Goal; value: number; met: boolean };

/**
 * Every goal of the suite, held against its figures. A figure that could not be measured misses, and so does every
 * figure of a suite with failures: whoever fails early is fast.
 */
export function judgeGoals(suite: SuiteName, figures: Figures): Judgement[] {
  const hasFailures = figures.failures.tintype > 0;
  return goals
    .filter(({ suites }) => suites.includes(suite))
    .map((goal) => {
      const value = figures[goal.figure][goal.of] ?? Number.NaN;
      const isWithin = 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
      return { goal, value, met: isWithin && !hasFailures };
    });
}

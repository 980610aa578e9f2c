/** The suites about the queue itself: how it bears a backlog, who goes first, and what lists of its jobs cost. */
import type { Progress } from '@tintype/testkit';
import type { QueueSuiteResult } from './result.ts';

export const queueSuiteNames = ['backlog', 'fairness', 'lists'] as const;
export type QueueSuiteName = (typeof queueSuiteNames)[number];

export type QueueSuiteContext = {
  /** Jobs in the queue at most; of `lists`, jobs that are kept. */
  queued: number;
  progress: Progress;
  /** Told how to stop what has been started, in case the run is broken off. */
  onStarted: (stop: () => Promise<void>) => void;
};

export type MeasureQueueSuite = (context: QueueSuiteContext) => Promise<QueueSuiteResult>;

/** Whether a text names one of them. */
export function isQueueSuiteName(text: string): text is QueueSuiteName {
  return queueSuiteNames.some((name) => name === text);
}

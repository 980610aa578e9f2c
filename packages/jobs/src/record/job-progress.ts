/** Progress of a job: the step it is in, written to its hash only when a job is slow enough for anyone to look. */
import { type JobStep, jobSteps } from '@tintype/contracts';
import { parseJson } from './parse-json.ts';

export type JobProgress = { percent: number; step: JobStep };

/** The progress at the beginning of a step: steps count as equal parts. */
export function progressAt(step: JobStep): JobProgress {
  return { percent: Math.round((100 * jobSteps.indexOf(step)) / jobSteps.length), step };
}

/** Reads what is in the hash; null for anything that is not a progress of ours. */
export function parseProgress(text: string | null): JobProgress | null {
  if (!text?.startsWith('{')) return null;
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('percent' in value) || !('step' in value)) return null;
  const step = jobSteps.find((name) => name === value.step);
  return step ? { percent: Number(value.percent), step } : null;
}

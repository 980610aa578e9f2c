/** Feedback that contradicts itself, or is too long, is refused before anybody is asked. */
import { type Feedback, type FeedbackEntry, feedbackLimits, Problem, type ProblemPlace } from '@tintype/contracts';

/** How many verdicts there are. Throws `invalid_option` that points to every name in both lists of an entry. */
export function requireSense(entries: Feedback['feedback']): number {
  const places = entries.flatMap(contradictionsIn);
  const [first] = places;
  if (first) {
    throw new Problem('invalid_option', { detail: `${first.pointer} ${first.detail}.`, errors: places });
  }
  const sizes = entries.map(({ positive = [], negative = [] }) => positive.length + negative.length);
  const empty = sizes.indexOf(0);
  if (empty >= 0) throw refusal(`/feedback/${empty}`, 'has neither positive nor negative names');
  const verdicts = sizes.reduce((sum, size) => sum + size, 0);
  if (verdicts > feedbackLimits.verdicts) {
    throw refusal('/feedback', `must not have more than ${feedbackLimits.verdicts} names in all its lists`);
  }
  return verdicts;
}

function contradictionsIn({ positive = [], negative = [] }: FeedbackEntry, entry: number): ProblemPlace[] {
  const liked = new Set(positive);
  return negative.flatMap((name, at) =>
    liked.has(name) ? [{ pointer: `/feedback/${entry}/negative/${at}`, detail: `is positive too: ${name}` }] : [],
  );
}

function refusal(pointer: string, detail: string): Problem {
  return new Problem('invalid_option', { detail: `${pointer} ${detail}.`, errors: [{ pointer, detail }] });
}

/** Rounds shares to four decimals so that a palette still adds up to one. */

const steps = 10_000;

/** A share 0 … 1 in four decimals. */
export function roundedShare(share: number): number {
  return Math.round(share * steps) / steps;
}

/**
 * Shares of weights in four decimals by the largest remainder (Hare–Niemeyer), the earlier first where two are equal:
 * as whole ten-thousandths they add up to exactly 10 000. Floating-point addition of the decimals may end one bit below
 * 1.
 */
export function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (weight / total) * steps);
  const missing = steps - exact.reduce((sum, value) => sum + Math.floor(value), 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value % 1 }))
    .sort((a, b) => b.remainder - a.remainder);
  const raised = new Set(byRemainder.slice(0, missing).map(({ index }) => index));
  return exact.map((value, index) => (Math.floor(value) + (raised.has(index) ? 1 : 0)) / steps);
}

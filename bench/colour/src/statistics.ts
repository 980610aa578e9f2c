/** Means and quantiles of what was measured. */

/** Of the numbers that there are; null if there are none. */
export function mean(values: readonly (number | boolean | null)[]): number | null {
  const numbers = values.filter((value) => value !== null).map(Number);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** The value below which `part` (0 … 1) of the values lie; null if there are none. */
export function quantile(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

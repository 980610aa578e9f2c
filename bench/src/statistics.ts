/** Medians and percentiles of what was measured. */

// Inside Jest every look-up of a global is slow: once is enough.
const { ceil, max } = Math;

/** The middle value, or the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The smallest value that at least `percent` (0 … 100) of the values do not exceed: nearest rank, so the answer is
 * always a value that was measured. NaN of nothing.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  const rank = max(1, ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Sum over count. NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export type Latency = { p50Ms: number; p95Ms: number; p99Ms: number };

/** NaN of nothing. */
export function latencyOf(timesMs: readonly number[]): Latency {
  return { p50Ms: percentile(timesMs, 50), p95Ms: percentile(timesMs, 95), p99Ms: percentile(timesMs, 99) };
}

/** Counts what went wrong: any entry makes the figures of a suite worthless. */
export type Tally = {
  add(failure: string): void;
  /** How often each failure occurred. */
  counts(): Record<string, number>;
};

export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add: (failure) => void counts.set(failure, (counts.get(failure) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  };
}

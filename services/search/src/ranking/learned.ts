/** What voters say of a query's items, as it moves the next search. */

export type Verdict = { id: string; voter: string; verdict: 1 | -1 };

/** Verdicts of the voters of one query on an item, each counted by how far its voter is believed. */
export type Counter = { positive: number; negative: number };

export type Learned = {
  /** How many have voted on this query. */
  voters: number;
  items: ReadonlyMap<string, Counter>;
  /** Terms of liked items have positive weights, −1 … 1. */
  terms: ReadonlyMap<string, number>;
};

/** Voters who would have to say nothing before an item moves by half of what it can: at least, and of all voters. */
const silent = { least: 2, share: 0.3 } as const;

/**
 * −1 … 1: how well an item is liked for this query. As if some more had been asked and had no opinion (Bayes), so that
 * a single verdict moves little where many vote, and a few who agree cannot do what a majority can.
 */
export function verdictScore({ positive, negative }: Counter, voters: number): number {
  return (positive - negative) / (positive + negative + Math.max(silent.least, silent.share * voters));
}

/** Room for so much of a thing at once, of which every holder may have as much as is left free. */

/**
 * One holder alone gets half of all, of two that take what they can each gets a third, and whoever comes next always finds
 * as much as each of them has (dynamic thresholds: Choudhury and Hahne, 1998). Nobody in particular (null) may have all
 * that is left.
 */
export type FairRoom = {
  /** What a holder has. */
  amountOf(holder: string | null): number;
  /** Takes so much for a holder; null when there is no room for it. What is returned gives it back, once. */
  take(holder: string | null, amount: number): (() => void) | null;
};

export function createFairRoom(most: number): FairRoom {
  const amounts = new Map<string, number>();
  let used = 0;
  const amountOf = (holder: string | null) => (holder === null ? 0 : (amounts.get(holder) ?? 0));
  const add = (holder: string | null, amount: number) => {
    used += amount;
    if (holder === null) return;
    const sum = amountOf(holder) + amount;
    if (sum === 0) amounts.delete(holder);
    else amounts.set(holder, sum);
  };
  return {
    amountOf,
    take(holder, amount) {
      if (amountOf(holder) + amount > most - used) return null;
      add(holder, amount);
      let isTaken = true;
      return () => {
        if (isTaken) add(holder, -amount);
        isTaken = false;
      };
    },
  };
}

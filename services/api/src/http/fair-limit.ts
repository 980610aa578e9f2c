/** At most so many at once of work that holds memory; whoever waits with much keeps nobody waiting who has little. */

export type FairLimit = <Result>(owner: string, work: () => Promise<Result>) => Promise<Result>;

/** Owners take turns; of one owner the first that came is the first. */
export function createFairLimit(most: number): FairLimit {
  const lines = new Map<string, (() => void)[]>();
  let underWay = 0;
  const turn = (owner: string) =>
    new Promise<void>((begin) => {
      const line = lines.get(owner);
      if (line) line.push(begin);
      else lines.set(owner, [begin]);
    });
  const next = () => {
    const [first] = lines;
    if (!first) return null;
    const [owner, line] = first;
    const begin = line.shift() ?? null;
    // To the end of the owners, or away.
    lines.delete(owner);
    if (line.length > 0) lines.set(owner, line);
    return begin;
  };
  return async (owner, work) => {
    if (underWay >= most) await turn(owner);
    else underWay += 1;
    try {
      return await work();
    } finally {
      const begin = next();
      if (begin) begin();
      else underWay -= 1;
    }
  };
}

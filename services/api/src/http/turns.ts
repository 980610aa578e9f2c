/** Long work for one client is done in slices of a few milliseconds; between two of them the loop serves everybody else. */

/** How long a slice lasts: many fit into the time for which the loop may be held. */
const sliceMs = 5;

/** Shared by all that has long work to do: in one turn of the loop one of them goes on. */
export type Turns = {
  /** Begins long work; its first slice is the rest of this turn. */
  begin(): LongWork;
};

export type LongWork = {
  /** Whether it is time to rest: ask after every small step. */
  isDue(): boolean;
  /** Resolves in a later turn of the loop, when it is this work's turn again. */
  rest(): Promise<void>;
};

export function createTurns(): Turns {
  const resting: (() => void)[] = [];
  const goOn = () => {
    resting.shift()?.();
    // An immediate that is set within another one waits for the next turn.
    if (resting.length > 0) setImmediate(goOn);
  };
  const rest = () =>
    new Promise<void>((resolve) => {
      resting.push(resolve);
      if (resting.length === 1) setImmediate(goOn);
    });
  return {
    begin() {
      let untilMs = performance.now() + sliceMs;
      return {
        isDue: () => performance.now() >= untilMs,
        async rest() {
          await rest();
          untilMs = performance.now() + sliceMs;
        },
      };
    },
  };
}

/** What the step makes of each item, in slices. */
export async function inSlices<Item, Result>(
  items: Iterable<Item>,
  work: LongWork,
  step: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    if (work.isDue()) await work.rest();
    results.push(step(item, results.length));
  }
  return results;
}

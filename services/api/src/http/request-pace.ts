/** Lets a burst of requests begin turn by turn: what hundreds do in one turn of the loop would keep all others waiting. */

/** While no more are under way nothing is counted by turns, which would cost every request a little. */
const fewRequests = 50;
const begunPerTurn = 50;

export type RequestPace = {
  /** Calls back at once, or in one of the next turns; those that are held keep their order. */
  begin(done: () => void): void;
  /** Whoever hangs up before the answer may stay counted: then bursts are paced earlier, and that is all. */
  end(): void;
};

export function createRequestPace(): RequestPace {
  const held: (() => void)[] = [];
  let underWay = 0;
  let begunInTurn = 0;
  const nextTurn = () => {
    const some = held.splice(0, begunPerTurn);
    begunInTurn = some.length;
    if (some.length > 0) setImmediate(nextTurn);
    for (const begin of some) begin();
  };
  return {
    begin(done) {
      underWay += 1;
      if (underWay <= fewRequests) return done();
      if (begunInTurn === 0) setImmediate(nextTurn);
      begunInTurn += 1;
      if (begunInTurn <= begunPerTurn) done();
      else held.push(done);
    },
    end() {
      underWay -= 1;
    },
  };
}

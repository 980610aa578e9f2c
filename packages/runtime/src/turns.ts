/** Long work for one client is done in slices of a few milliseconds; between two of them the loop serves everybody else. */

/** How much of a turn of the loop all long work together may take: many turns fit into the time it may be held. */
const sliceMs = 5;

/** A turn in which nothing is done takes a tenth of a millisecond: together as much as a slice. */
const mostWaits = 32;

/** For whom work is done. */
export type Client = {
  /** Tenants take turns, whoever has more work. */
  tenant: string;
  /** What nobody waits for any longer is not gone on with. */
  hasGone(): boolean;
};

/** Nobody waits for the work any longer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Shared by all that has long work to do: together it takes one slice of each turn of the loop. */
export type Turns = {
  /** Begins long work; its first slice is what is left of the present turn's. */
  begin(client: Client): LongWork;
  /**
   * Somebody has come of whom the loop lets in one a turn, a connection: work waits for the next turn, at most `mostWaits`
   * times one after the other, so that those behind come in too.
   */
  giveWay(): void;
};

export type LongWork = {
  /** Whether it is time to rest: ask before every small step. */
  isDue(): boolean;
  /**
   * Resolves in a later turn of the loop, when it is this work's turn again. Throws `ClientGone` when nobody waits for it.
   * What `isNearlyDone` has every second turn: it does not wait for a thousand that are not.
   */
  rest(how?: { isNearlyDone: boolean }): Promise<void>;
};

export function createTurns(): Turns {
  const resting = createRestingWork();
  let endsMs: number | null = null; // of the present turn's slice
  let givesWay = false;
  let waits = 0;
  const endOfSlice = () => {
    if (endsMs === null) {
      endsMs = performance.now() + sliceMs;
      // An immediate that is set within another one waits for the next turn.
      setImmediate(beginTurn);
    }
    return endsMs;
  };
  const isUsedUp = () => performance.now() >= endOfSlice();
  const beginTurn = () => {
    if (givesWay && waits < mostWaits) {
      givesWay = false;
      waits += 1;
      endsMs = 0;
      setImmediate(beginTurn);
      return;
    }
    waits = 0;
    endsMs = null;
    goOn();
  };
  const goOn = () => {
    const wake = resting.next();
    if (!wake) return;
    endOfSlice();
    wake();
    // Once it rests again or is done, there may be time left for another one.
    queueMicrotask(() => process.nextTick(() => isUsedUp() || goOn()));
  };
  return {
    giveWay() {
      givesWay = true;
    },
    begin: ({ tenant, hasGone }) => ({
      isDue: isUsedUp,
      async rest({ isNearlyDone } = { isNearlyDone: false }) {
        endOfSlice(); // so that there is a next turn
        await new Promise<void>((wake) => resting.add(tenant, wake, isNearlyDone));
        if (hasGone()) throw new ClientGone('The client has gone.');
      },
    }),
  };
}

/** Of work that is nearly done and of other work, one after the other. */
function createRestingWork() {
  const [nearlyDone, others] = [createLines(), createLines()];
  let [now, afterwards] = [nearlyDone, others];
  return {
    add: (tenant: string, wake: () => void, isNearlyDone: boolean) =>
      (isNearlyDone ? nearlyDone : others).add(tenant, wake),
    next(): (() => void) | undefined {
      [now, afterwards] = [afterwards, now];
      return now.next() ?? afterwards.next();
    },
  };
}

/** The tenants' lines: one of each tenant after the other. */
function createLines() {
  const lines = new Map<string, (() => void)[]>();
  return {
    add(tenant: string, wake: () => void): void {
      const line = lines.get(tenant);
      if (line) line.push(wake);
      else lines.set(tenant, [wake]);
    },
    next(): (() => void) | undefined {
      for (const [tenant, line] of lines) {
        const wake = line.shift();
        lines.delete(tenant);
        if (line.length > 0) lines.set(tenant, line);
        return wake;
      }
      return undefined;
    },
  };
}

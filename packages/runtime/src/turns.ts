/** Long work for one client is done in slices of a few milliseconds; between two of them the loop serves everybody else. */

/** How much of a turn of the loop all long work together may take: many turns fit into the time it may be held. */
const sliceMs = 5;

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
};

export type LongWork = {
  /** Whether it is time to rest: ask before every small step. */
  isDue(): boolean;
  /** Resolves in a later turn of the loop, when it is this work's turn again. Throws `ClientGone` when nobody waits for it. */
  rest(): Promise<void>;
};

export function createTurns(): Turns {
  const resting = createRestingWork();
  let endsMs: number | null = null; // of the present turn's slice
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
    begin: ({ tenant, hasGone }) => ({
      isDue: isUsedUp,
      async rest() {
        endOfSlice(); // so that there is a next turn
        await new Promise<void>((wake) => resting.add(tenant, wake));
        if (hasGone()) throw new ClientGone('The client has gone.');
      },
    }),
  };
}

/** The tenants' lines of resting work: one of each tenant after the other. */
function createRestingWork() {
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

/** A gate with so many places: whoever comes when all are taken waits, and goes in by the order of the queue. */
import type { ThumbnailJob } from '@tintype/jobs';

/** Who wants to go in. */
export type Comer = Pick<ThumbnailJob, 'rank' | 'signal'>;

export type Gate = {
  /** True when inside, false when the time was over before; throws the signal's reason when it aborts. */
  enter(comer: Comer, limitMs?: number): Promise<boolean>;
  leave(): void;
  /** Nobody is inside, and nobody waits. */
  isEmpty(): boolean;
  /** Does the work inside, once there is room. */
  run<Value>(comer: Comer, work: () => Promise<Value>): Promise<Value>;
};

type Waiter = { rank: number; letIn: () => void };

/** A worker has more jobs in hand than it can work on: who came late may have an earlier place. Equal ones go as they came. */
export function createGate(places: number): Gate {
  let inside = 0;
  const line = new Set<Waiter>();
  const wait = ({ rank, signal }: Comer, limitMs?: number): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        line.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
      };
      const letIn = () => {
        stop();
        resolve(true);
      };
      const giveUp = () => {
        stop();
        reject(signal.reason);
      };
      const timeOut = () => {
        stop();
        resolve(false);
      };
      const waiter: Waiter = { rank, letIn };
      const timer = limitMs === undefined ? undefined : setTimeout(timeOut, limitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      line.add(waiter);
    });
  const first = (): Waiter | null => {
    let found: Waiter | null = null;
    for (const waiter of line) if (found === null || waiter.rank < found.rank) found = waiter;
    return found;
  };
  const gate: Gate = {
    async enter(comer, limitMs) {
      comer.signal.throwIfAborted();
      if (inside >= places) return wait(comer, limitMs);
      inside += 1;
      return true;
    },
    leave() {
      const next = first();
      if (next) next.letIn();
      else inside -= 1;
    },
    isEmpty: () => inside === 0,
    async run(comer, work) {
      await gate.enter(comer);
      try {
        return await work();
      } finally {
        gate.leave();
      }
    },
  };
  return gate;
}

/** A gate with so many places: whoever comes when all are taken waits in line, as long as wanted. */
export type Gate = {
  /** True when inside, false when the time was over before; throws the signal's reason when it aborts. */
  enter(signal: AbortSignal, limitMs?: number): Promise<boolean>;
  leave(): void;
  /** Nobody is inside, and nobody waits. */
  isEmpty(): boolean;
};

export function createGate(places: number): Gate {
  let inside = 0;
  const line = new Set<() => void>();
  const wait = (signal: AbortSignal, limitMs?: number): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        line.delete(letIn);
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
      const timer = limitMs === undefined ? undefined : setTimeout(timeOut, limitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      line.add(letIn);
    });
  return {
    async enter(signal, limitMs) {
      signal.throwIfAborted();
      if (inside >= places) return wait(signal, limitMs);
      inside += 1;
      return true;
    },
    leave() {
      const [next] = line;
      if (next) next();
      else inside -= 1;
    },
    isEmpty: () => inside === 0,
  };
}

/** Tells the search service what has been kept for it, as it comes, and once more what it did not hear. */
import { Problem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';

export type Teller = { stop(): Promise<void> };

/** Often enough for an item to be found within two seconds of its job. */
const lookEveryMs = 500;
/** While the search service is away. */
const restMs = 2000;

/** `what` waits is said in the log, once for each time that the service is away. Several processes may tell the same. */
export function keepTelling(tell: () => Promise<void>, what: string, logger: Logger): Teller {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isAway = false;

  const look = async (): Promise<void> => {
    try {
      await tell();
      isAway = false;
    } catch (err) {
      if (!isAway) logger.warn({ err }, `${what} wait for the search service`);
      if (!(err instanceof Problem)) logger.error({ err }, `${what} cannot be told to the search service`);
      isAway = true;
    }
    if (!isStopped) timer = setTimeout(begin, isAway ? restMs : lookEveryMs);
  };
  const begin = () => {
    running = look();
  };
  begin();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

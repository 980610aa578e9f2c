/** Tells the search service of ends as they come, and once more of what it did not hear. */
import { Problem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';
import type { ItemEnds } from './item-ends.ts';

export type ItemEndsFollower = { stop(): Promise<void> };

/** Often enough for an item to be found within two seconds of its job. */
const lookEveryMs = 500;
/** While the search service is away. */
const restMs = 5000;

/** Several processes may do so: each entry is one's. */
export function followItemEnds(ends: Pick<ItemEnds, 'tellDue'>, logger: Logger): ItemEndsFollower {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isAway = false;

  const look = async (): Promise<void> => {
    try {
      await ends.tellDue();
      isAway = false;
    } catch (err) {
      if (!isAway) logger.warn({ err }, 'items of the library wait for the search service');
      if (!(err instanceof Problem)) logger.error({ err }, 'ends of items cannot be told');
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

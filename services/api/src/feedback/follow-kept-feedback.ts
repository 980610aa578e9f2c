/** Delivers feedback that waits for the search service, as soon as that is back. */
import { Problem } from '@tintype/contracts';
import type { Logger } from '@tintype/runtime';
import type { FeedbackUse } from './feedback.ts';

export type FeedbackFollower = { stop(): Promise<void> };

const lookEveryMs = 500;
/** While the search service is away. */
const restMs = 2000;

/** Several processes may do so: a batch that comes twice is kept once. */
export function followKeptFeedback(feedback: Pick<FeedbackUse, 'deliverKept'>, logger: Logger): FeedbackFollower {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isAway = false;

  const look = async (): Promise<void> => {
    try {
      await feedback.deliverKept();
      isAway = false;
    } catch (err) {
      if (!isAway) logger.warn({ err }, 'feedback waits for the search service');
      if (!(err instanceof Problem)) logger.error({ err }, 'kept feedback cannot be delivered');
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

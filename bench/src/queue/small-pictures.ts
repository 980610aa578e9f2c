/** What `backlog` and `lists` begin with: a Tintype, pictures for it to make, and workers that go afterwards. */
import { startTintype, type Tintype } from '@tintype/testkit';
import { type PictureUrls, startPictureUrls } from '../picture-urls.ts';
import { withoutExpected } from '../service.ts';
import type { CleanUp } from './clean-up.ts';
import type { QueueSuiteContext } from './suite-names.ts';

export type SmallPictures = {
  tintype: Tintype;
  urls: PictureUrls;
  /** URLs that were not requested before. */
  take(count: number): string[];
  /** Ends the workers: what comes from then on waits. */
  stopWorkers(): Promise<void>;
  /** What the API had to say. */
  warnings(): string[];
};

/** `suite` is the name in the progress lines; then how many different pictures there are, and how many jobs may wait. */
export async function startSmallPictures(
  suite: string,
  { pictures, queueMax }: { pictures: number; queueMax: number },
  { progress }: Pick<QueueSuiteContext, 'progress'>,
  cleanUp: CleanUp,
): Promise<SmallPictures> {
  progress.line(`drawing the pictures of ${suite}`);
  const urls = await startPictureUrls(['small'], pictures);
  cleanUp.add(urls.stop);
  const tintype = await startTintype({
    env: { LOG_LEVEL: 'warn' },
    apiEnv: { QUEUE_MAX: String(queueMax) },
    workerEnv: { FETCH_ALLOW: urls.host },
  });
  cleanUp.add(tintype.stop);
  return {
    tintype,
    urls,
    take: (count) => urls.take('small', 'tintype', count),
    async stopWorkers() {
      for (const worker of tintype.workers) worker.kill('SIGTERM');
      await Promise.all(tintype.workers.map(({ exited }) => exited));
    },
    warnings: () => withoutExpected(tintype.api.log),
  };
}

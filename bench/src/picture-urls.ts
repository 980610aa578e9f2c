/** Starts the origin and hands out the URLs of its pictures, each a new one unless the suite repeats itself. */
import Type from 'typebox';
import type { ContestantName } from './contestant.ts';
import { forkModule } from './forked.ts';
import { type SuiteName, suites } from './suites.ts';

/** What an origin says when it is ready. */
export const OriginReady = Type.Object({ port: Type.Integer(), meanBytes: Type.Record(Type.String(), Type.Integer()) });

const Sent = Type.Object({ sentBytes: Type.Integer() });

export type PictureUrls = {
  /** `127.0.0.1:port`: the one exception that the fetch guard needs. */
  host: string;
  /** Mean size of a suite's files. */
  meanBytes(suite: SuiteName): number;
  /**
   * URLs that were not handed out before, or the next ones of those that repeat. Each side goes through the suite's
   * pictures in the same order; the bytes behind its URLs are its own.
   */
  take(suite: SuiteName, side: ContestantName, count: number): string[];
  /** Bytes of pictures that were sent until now. */
  sentBytes(): Promise<number>;
  stop(): Promise<void>;
};

/** Resolves when all pictures are drawn and served; `atMost` is how many different ones a suite has. */
export async function startPictureUrls(names: readonly SuiteName[], atMost: number): Promise<PictureUrls> {
  const origin = forkModule('./origin.ts', [String(atMost), ...names]);
  const { port, meanBytes } = await origin.ask(OriginReady);
  const host = `127.0.0.1:${port}`;
  const next = new Map<string, number>();
  return {
    host,
    meanBytes: (suite) => meanBytes[suite] ?? Number.NaN,
    take(suite, side, count) {
      const { distinctFiles } = suites[suite];
      const first = next.get(`${suite}/${side}`) ?? 0;
      next.set(`${suite}/${side}`, first + count);
      return Array.from({ length: count }, (_, index) => {
        const serial = distinctFiles === 'unlimited' ? first + index : (first + index) % distinctFiles;
        return `http://${host}/${suite}/${serial}/${side}`;
      });
    },
    sentBytes: async () => (await origin.ask(Sent, { tell: 'sentBytes' })).sentBytes,
    stop: origin.stop,
  };
}

/** Who is measured: Tintype, the bare loop and the peers, all by the same measures. */
import type { LoadName } from './load-names.ts';
import type { PeerName } from './peers/names.ts';
import type { RedisGrowth } from './redis-figures.ts';

export type ContestantName = 'tintype' | 'bare' | PeerName;

/** How they are called in tables. */
export const contestantTitles: Record<ContestantName, string> = {
  tintype: 'Tintype',
  bare: 'bare sharp',
  celery: 'FastAPI + Celery + Pillow',
  rq: 'Flask + RQ + Pillow (forking)',
  'rq-simple': 'Flask + RQ + Pillow (SimpleWorker)',
  ipx: 'ipx',
  imgproxy: 'imgproxy',
  scipy: 'scipy k-means',
};

/** What one contestant did in one round. */
export type SideRound = {
  picturesPerSecond: number;
  /** Over the whole process tree, its Redis included; not the load generator, not the origin. */
  cpuMsPerPicture: number;
  /** Most memory of the tree; pages that processes share count once (PSS). */
  peakMemoryBytes: number;
  /** The same, with shared pages counted in each process (RSS). */
  peakRssBytes: number;
  /** From before its request to after its answer. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Those inside scripts included; null without a Redis. */
  redisCommandsPerJob: number | null;
  /** Bytes of pictures that it has downloaded; a source that has not changed sends none. */
  downloadedBytesPerPicture?: number;
  /** What only Tintype tells. */
  own?: {
    cacheHits: number;
    redisCallsPerJob: Record<string, number>;
    /** Mean milliseconds by step, as the service took them itself. */
    stepsMs: Record<string, number>;
  };
};

export type Contestant = {
  /** Works through so many pictures unmeasured: cold Node costs 10 to 20 % more. */
  warmUp(pictures: number): Promise<void>;
  measure(pictures: number, load: LoadName): Promise<SideRound>;
  /** Per job, from the empty Redis until now, the warm-up included; null without a Redis. */
  redisPerJob(): Promise<RedisGrowth | null>;
  redisVersion: string | null;
  /** What it had to say, by line. */
  warnings(): string[];
  /** May be called again. */
  stop(): Promise<void>;
};

/** What a contestant is given by the suite that it takes part in. */
export type ContestantOptions = {
  /** URLs of pictures that were not asked for before, unless the suite repeats itself. */
  takeUrls: (count: number) => string[];
  onProgress: (done: number, total: number) => void;
  onFailure: (failure: string) => void;
  /** `host:port` of the origin. */
  originHost: string;
  /** How many requests are under way at most. */
  clients: number;
};

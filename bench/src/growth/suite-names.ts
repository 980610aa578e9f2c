/** The suites about growth: what a picture costs when it, its thumbnail, the workers or uploads grow, and over time. */
import type { Progress } from '@tintype/testkit';
import type { PeerName } from '../peers/names.ts';
import type { Peer } from '../peers/peer.ts';
import type { QueueSuiteResult } from '../queue/result.ts';

export const growthSuiteNames = [
  'sizes',
  'workers',
  'results',
  'uploads',
  'images',
  'children',
  'renditions',
  'effects',
  'keep',
  'soak',
  'search',
] as const;
export type GrowthSuiteName = (typeof growthSuiteNames)[number];

export type GrowthContext = {
  /** Rounds, of which medians are told. */
  rounds: number;
  /** Pictures of the long run. */
  soakPictures: number;
  /** Only to see that it runs: few sizes, few pictures. */
  quick: boolean;
  progress: Progress;
  /** Who else takes part, where a suite has room for others. */
  peers: ReadonlyMap<PeerName, Peer>;
  /** Told how to stop what has been started, in case the run is broken off. */
  onStarted: (stop: () => Promise<void>) => void;
};

export type MeasureGrowthSuite = (context: GrowthContext) => Promise<QueueSuiteResult>;

/** Whether a text names one of them. */
export function isGrowthSuiteName(text: string): text is GrowthSuiteName {
  return growthSuiteNames.some((name) => name === text);
}

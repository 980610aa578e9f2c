/** Starts whoever takes part in a suite. */

import { startBareSide } from './bare-side.ts';
import type { Contestant, ContestantName, ContestantOptions } from './contestant.ts';
import type { LoadName } from './load-names.ts';
import type { BenchOptions } from './options.ts';
import type { PeerName } from './peers/names.ts';
import type { Peer } from './peers/peer.ts';
import { type SuiteName, suites } from './suites.ts';
import { startNoopSide, startTintypeSide } from './tintype-side.ts';

export type Entrants = { options: BenchOptions; peers: ReadonlyMap<PeerName, Peer> };

/** Tintype first. */
export function contestantsOf(suite: SuiteName, peers: ReadonlyMap<PeerName, Peer>): ContestantName[] {
  return suites[suite].contestants.filter((name) => name === 'tintype' || name === 'bare' || peers.has(name));
}

/** Whether it can work under this load; nothing can be handed in where there is no queue. */
export function canTake(name: ContestantName, load: LoadName): boolean {
  if (load === 'closed') return true;
  if (name === 'scipy') return false;
  return load === 'burst' ? name !== 'ipx' && name !== 'imgproxy' : name !== 'bare';
}

export async function startContestant(
  name: ContestantName,
  suite: SuiteName,
  given: ContestantOptions,
  { options, peers }: Entrants,
): Promise<Contestant> {
  if (name === 'bare') return startBareSide(given);
  if (name === 'tintype') {
    const { workers, profileFolder } = options;
    if (suite === 'noop') return await startNoopSide({ ...given, profileFolder });
    const expectsCacheHits = suites[suite].distinctFiles !== 'unlimited';
    return await startTintypeSide({ ...given, workers, profileFolder, expectsCacheHits });
  }
  const peer = peers.get(name);
  if (!peer) throw new Error(`${name} is not installed`);
  return await peer.start(given);
}

/** Everybody's turn to be first comes: what a round does to those who begin it, it does to each of them. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

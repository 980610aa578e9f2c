/** The suite `search`: what a search costs and how well it orders, in a library of 40 000 items and of 400 000. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRanking, type Ranking } from '@tintype/search';
import { seededRandom } from '@tintype/testkit';
import type { GrowthContext } from '../growth/suite-names.ts';
import type { QueueSuiteResult } from '../queue/result.ts';
import { percentile } from '../statistics.ts';
import { callsOf, kindNames, misspeltWords, timesOf } from './asked.ts';
import { type GeneratedLibrary, generateLibrary } from './library.ts';
import { buildMiniSearch } from './minisearch.ts';
import { measureQuality, typoRecallOf } from './quality.ts';
import { type Built, type Column, type Peer, searchRows, type Times, usualSize } from './rows.ts';

const seed = 1;
const full = { sizes: [usualSize, 10 * usualSize], calls: 100, peerCalls: 20, queries: 60 };
const quick = { sizes: [2000], calls: 5, peerCalls: 2, queries: 5 };
type Extent = typeof full;

export async function measureSearch(context: GrowthContext): Promise<QueueSuiteResult> {
  const extent = context.quick ? quick : full;
  const library = generateLibrary(seed);
  const columns: Column[] = [];
  for (const items of extent.sizes) {
    columns.push(measureColumn(library, items, extent));
    context.progress.line(`search: measured with ${items} items`);
  }
  return {
    suite: 'search',
    title: `so many items with generated captions; ${extent.calls} queries of each kind in one process, a page of 20`,
    columns: columns.map(({ built }) => String(built.items)),
    rows: searchRows(columns),
    failures: {},
    warnings: [],
    redisVersion: 'none',
  };
}

function measureColumn(library: GeneratedLibrary, items: number, { calls, peerCalls, queries }: Extent): Column {
  const { made, built } = build(items, () => rankingOf(library, items));
  const asked = callsOf(made, library, items, seededRandom(5));
  return {
    built,
    estimatedBytes: made.bytes / items,
    times: new Map(kindNames.map((kind) => [kind, summed(timesOf(asked[kind], calls))])),
    quality: measureQuality(made, library, items, queries),
    peer: items <= usualSize ? measurePeer(library, items, peerCalls) : null,
  };
}

function measurePeer(library: GeneratedLibrary, items: number, calls: number): Peer {
  const { made, built } = build(items, () => buildMiniSearch(library, items));
  const text = misspeltWords(library, items, seededRandom(5));
  const times = summed(timesOf(() => made.search(text()), calls));
  return { built, times, typoRecall: typoRecallOf(library, (word) => made.search(word).map(({ terms }) => terms)) };
}

function rankingOf(library: GeneratedLibrary, items: number): Ranking {
  const ranking = createRanking();
  for (let number = 0; number < items; number++) ranking.put(library.item(number));
  return ranking;
}

/** With the time that drawing the items takes, which is the same for everybody. */
function build<Made>(items: number, make: () => Made): { made: Made; built: Built } {
  const before = usedBytes();
  const start = performance.now();
  const made = make();
  const microseconds = (1000 * (performance.now() - start)) / items;
  return { made, built: { items, microseconds, bytes: (usedBytes() - before) / items } };
}

/** By V8's own count, after a garbage collection. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function summed(timesMs: readonly number[]): Times {
  return { p50Ms: percentile(timesMs, 50), p95Ms: percentile(timesMs, 95) };
}

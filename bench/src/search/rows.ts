/** The table of the suite `search`. */
import type { MeasuredRow } from '../queue/result.ts';
import { type Kind, kindNames, kinds, mostMs } from './asked.ts';
import type { Quality } from './quality.ts';

/** Goals of single kinds are for libraries of up to so many items. The peer takes part in these alone. */
export const usualSize = 40_000;

export type Times = { p50Ms: number; p95Ms: number };
/** Of one item. */
export type Built = { items: number; microseconds: number; bytes: number };
export type Peer = { built: Built; times: Times; typoRecall: number };
export type Column = {
  built: Built;
  /** Of one item, as the ranking itself tells. */
  estimatedBytes: number;
  times: ReadonlyMap<Kind, Times>;
  quality: Quality;
  peer: Peer | null;
};

const qualityLabels: Record<keyof Quality, string> = {
  ndcg: 'nDCG@10',
  reciprocalRank: 'mean reciprocal rank',
  nothing: 'queries that find nothing, share',
  afterFeedback: 'after a round of feedback: nDCG@10',
  reciprocalRankAfter: 'after a round of feedback: mean reciprocal rank',
  countersAlone: '… by the items’ counters alone: nDCG@10',
  termsAlone: '… by the learned words alone: nDCG@10',
  wrongLabels: '… with a quarter of the verdicts wrong: nDCG@10',
  liars: '… with a tenth of the voters lying together: nDCG@10',
  typoRecall: 'misspelt words that are found, share',
  withColour: 'a word and a colour, by their product: nDCG@10',
  withColourFused: 'a word and a colour, by reciprocal ranks: nDCG@10',
};

export function searchRows(columns: readonly Column[]): MeasuredRow[] {
  const row = (label: string, digits: number, take: (column: Column) => number | null): MeasuredRow => {
    return { label, digits, values: columns.map(take) };
  };
  const qualities = Object.keys(qualityLabels).filter((key): key is keyof Quality => key in qualityLabels);
  return [
    ...kindNames.flatMap((kind) => timeRows(columns, kind)),
    row('µs to build, an item', 0, ({ built }) => built.microseconds),
    { ...row('bytes an item', 0, ({ built }) => built.bytes), goal: { atMost: 3000 } },
    row('bytes an item, by its own estimate', 0, ({ estimatedBytes }) => estimatedBytes),
    ...qualities.map((key) => row(qualityLabels[key], 3, ({ quality }) => quality[key])),
    row('MiniSearch, two words, one misspelt: p50 ms', 2, ({ peer }) => peer?.times.p50Ms ?? null),
    row('MiniSearch, two words, one misspelt: p95 ms', 2, ({ peer }) => peer?.times.p95Ms ?? null),
    row('MiniSearch: µs to build, an item', 0, ({ peer }) => peer?.built.microseconds ?? null),
    row('MiniSearch: bytes an item', 0, ({ peer }) => peer?.built.bytes ?? null),
    row('MiniSearch: misspelt words that are found, share', 3, ({ peer }) => peer?.typoRecall ?? null),
  ];
}

/** Whose goal is another in larger libraries, has a row for those. */
function timeRows(columns: readonly Column[], kind: Kind): MeasuredRow[] {
  const p95 = (isUsual: boolean) =>
    columns.map(({ built, times }) => (built.items <= usualSize === isUsual ? (times.get(kind)?.p95Ms ?? null) : null));
  const rows = [
    { label: `${kind}: p50 ms`, digits: 2, values: columns.map(({ times }) => times.get(kind)?.p50Ms ?? null) },
    { label: `${kind}: p95 ms`, digits: 2, values: p95(true), goal: kinds[kind] },
    { label: `${kind}: p95 ms of more`, digits: 2, values: p95(false), goal: { atMost: mostMs } },
  ];
  return rows.filter(({ values }) => values.some((value) => value !== null));
}

/** What voters say of a query's items, as it moves the next search of the same words. */
import { isStopWord, piecesOf } from './words.ts';

/** `network`: the same for voters who may be one that invents names; null or none of a voter who is known. */
export type Verdict = { id: string; voter: string; verdict: 1 | -1; network?: string | null };

/** Verdicts on an item, each counted by how far its voter is believed. */
export type Counter = { positive: number; negative: number };

/** Feedback on one query. */
export type Learned = {
  /** How many have voted, those of a network as the few that they count for. */
  voters: number;
  items: ReadonlyMap<string, Counter>;
  /** Terms of liked items have positive weights, those of disliked ones negative: −1 … 1. */
  terms: ReadonlyMap<string, number>;
};

/** Voters who are taken to have been asked and to have no opinion: at least, and as a share of all voters. */
const silent = { least: 2, share: 0.3 } as const;
/** A voter is believed as one who was right once and wrong once before, and by agreement with the others since. */
const before = { right: 1, wrong: 1 } as const;
/** What the voters of one network count for together, however many they are: the people of a household, or of an office. */
const mostOfNetwork = 5;
/** How often voters and items are weighed by each other. */
const rounds = 3;
/** Weights of liked and disliked items. Source: Rocchio in Manning, Raghavan & Schütze (2008), §9.1.1. */
const rocchio = { liked: 0.75, disliked: 0.25 } as const;
/** Terms that are learned: those of the greatest weights, however many items are voted on. */
const mostTerms = 16;

/**
 * −1 … 1: how well an item is liked. The silent voters make a single verdict move little where many vote, and keep a
 * few who agree from doing what a majority can (a Bayesian mean).
 */
export function verdictScore({ positive, negative }: Counter, voters: number): number {
  return (positive - negative) / (positive + negative + silentOf(voters));
}

function silentOf(voters: number): number {
  return Math.max(silent.least, silent.share * voters);
}

/**
 * Of all verdicts on one query. A voter counts once for an item, with the last verdict, and those of one network together as
 * a few. Who often contradicts the others
 * is believed less, so that some who lie together are outvoted even where nobody else has voted. `textOf`: an item's
 * words, null for one that is gone.
 */
export function learn(verdicts: readonly Verdict[], textOf: (id: string) => string | null): Learned {
  const last = new Map(verdicts.map((verdict) => [`${verdict.id} ${verdict.voter}`, verdict]));
  const counted = [...last.values()];
  const weights = weightsOf(counted);
  const voters = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let belief = weights;
  let items = countersOf(counted, belief);
  for (let round = 0; round < rounds; round++) {
    belief = believed(counted, items, { weights, belief, voters });
    items = countersOf(counted, belief);
  }
  return { voters, items, terms: termsOf(items, voters, textOf) };
}

/** 0 … 1 for each voter. */
function weightsOf(verdicts: readonly Verdict[]): Map<string, number> {
  const networks = new Map<string, Set<string>>();
  for (const { voter, network } of verdicts) {
    if (network) networks.set(network, (networks.get(network) ?? new Set()).add(voter));
  }
  const weightIn = (network: string) => Math.min(1, mostOfNetwork / (networks.get(network)?.size ?? 1));
  return new Map(verdicts.map(({ voter, network }) => [voter, network ? weightIn(network) : 1]));
}

function countersOf(verdicts: readonly Verdict[], belief: ReadonlyMap<string, number>): Map<string, Counter> {
  const items = new Map<string, Counter>();
  for (const { id, voter, verdict } of verdicts) {
    const counter = items.get(id) ?? { positive: 0, negative: 0 };
    items.set(id, counter);
    counter[verdict > 0 ? 'positive' : 'negative'] += belief.get(voter) ?? 1;
  }
  return items;
}

/** 0 … its weight for each voter: how far the others agree, on items that others have voted on, each by how sure they are. */
function believed(
  verdicts: readonly Verdict[],
  items: ReadonlyMap<string, Counter>,
  {
    weights,
    belief,
    voters,
  }: { weights: ReadonlyMap<string, number>; belief: ReadonlyMap<string, number>; voters: number },
): Map<string, number> {
  const right = new Map<string, number>();
  const wrong = new Map<string, number>();
  for (const { id, voter, verdict } of verdicts) {
    const { positive, negative } = items.get(id) ?? { positive: 0, negative: 0 };
    const own = belief.get(voter) ?? 1;
    const others = positive - negative - verdict * own;
    const all = positive + negative - own;
    const agreement = (verdict * others) / (all + silentOf(voters));
    const tally = agreement >= 0 ? right : wrong;
    tally.set(voter, (tally.get(voter) ?? 0) + Math.abs(agreement));
  }
  const beliefOf = (voter: string): number => {
    const [agreed, differed] = [before.right + (right.get(voter) ?? 0), before.wrong + (wrong.get(voter) ?? 0)];
    const share = agreed / (agreed + differed);
    // Who is right less often than wrong loses twice as fast, and at three wrongs to a right counts for nothing.
    return (weights.get(voter) ?? 1) * Math.max(0, Math.min(share, 2 * share - 0.5));
  };
  return new Map(verdicts.map(({ voter }) => [voter, beliefOf(voter)]));
}

/** Of each item's terms its verdict's part: a term that liked and disliked items share says nothing. */
function termsOf(
  items: ReadonlyMap<string, Counter>,
  voters: number,
  textOf: (id: string) => string | null,
): Map<string, number> {
  const sums = new Map<string, number>();
  let all = 0;
  for (const [id, counter] of items) {
    const score = verdictScore(counter, voters);
    const text = textOf(id);
    if (text === null || score === 0) continue;
    all += Math.abs(score);
    const gain = score * (score > 0 ? rocchio.liked : rocchio.disliked);
    for (const term of new Set(piecesOf(text).map((piece) => piece.term)))
      if (!isStopWord(term)) sums.set(term, (sums.get(term) ?? 0) + gain);
  }
  const weights = [...sums].map(([term, sum]) => [term, sum / Math.max(1, all)] as const);
  return new Map(weights.sort(([, one], [, other]) => Math.abs(other) - Math.abs(one)).slice(0, mostTerms));
}

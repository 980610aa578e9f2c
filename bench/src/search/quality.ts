/** How well a library's items are ordered, by what their pictures show, before feedback and after a round of it. */
import { type Hit, type Learned, learn, type Ranking, type Search, type Verdict } from '@tintype/search';
import { seededRandom } from '@tintype/testkit';
import { mean } from '../statistics.ts';
import { page, twoWords } from './asked.ts';
import { type GeneratedLibrary, idOf, misspelt, numberOf, type Random } from './library.ts';

/** Looked at, of each answer. */
const depth = 10;
/** Who votes on each query, and on how many of the ten first; those who lie together are a tenth. */
const voting = { voters: 20, verdicts: 5, liars: 2, pushed: 3 } as const;
/** Of reciprocal rank fusion. Source: Cormack, Clarke & Büttcher, SIGIR 2009. */
const fusionOffset = 60;
/** Hits by a word and a colour that are looked at, all of them. */
const mostJoined = 2000;

export type Quality = {
  ndcg: number;
  reciprocalRank: number;
  nothing: number;
  afterFeedback: number;
  reciprocalRankAfter: number;
  countersAlone: number;
  termsAlone: number;
  wrongLabels: number;
  liars: number;
  typoRecall: number;
  withColour: number;
  withColourFused: number;
};

type Query = { text: string; relevant: Set<number> };

export function measureQuality(ranking: Ranking, library: GeneratedLibrary, items: number, queries: number): Quality {
  const random = seededRandom(99);
  const showing = whoShows(library, items);
  const asked = queriesOf(library, showing, { items, queries, random });
  const find = (query: Query, more: Partial<Search> = {}) =>
    ranking.search({ ...page, ...more, text: `${query.text} ` });
  const first = asked.map((query) => find(query));
  const textOf = (id: string) => library.item(numberOf(id)).caption;
  const after = (wrong: number, liars: number, part: (learned: Learned) => Learned = (learned) => learned) =>
    asked.map((query, at) => {
      const verdicts = vote(first[at]?.hits ?? [], query, { wrong, liars, items, random: seededRandom(at) });
      return find(query, { learned: part(learn(verdicts, textOf)) }).hits;
    });
  const ndcg = (answers: (readonly Hit[])[]) => mean(answers.map((hits, at) => ndcgOf(hits, asked[at]?.relevant)));
  const rank = (answers: (readonly Hit[])[]) => mean(answers.map((hits, at) => rankOf(hits, asked[at]?.relevant)));
  const hits = first.map((found) => found.hits);
  const honest = after(0, 0);
  return {
    ndcg: ndcg(hits),
    reciprocalRank: rank(hits),
    nothing: mean(first.map(({ total }) => (total === 0 ? 1 : 0))),
    afterFeedback: ndcg(honest),
    reciprocalRankAfter: rank(honest),
    countersAlone: ndcg(after(0, 0, (learned) => ({ ...learned, terms: new Map() }))),
    termsAlone: ndcg(after(0, 0, (learned) => ({ ...learned, items: new Map() }))),
    wrongLabels: ndcg(after(0.25, 0)),
    liars: ndcg(after(0, voting.liars)),
    typoRecall: typoRecallOf(library, (text) =>
      ranking.search({ ...page, text: `${text} ` }).hits.map(({ matched }) => matched),
    ),
    ...colourQuality(ranking, library, items, queries),
  };
}

/** How many misspelt words are found as what they were meant for, among the first hits. */
export function typoRecallOf(library: GeneratedLibrary, matchedBy: (text: string) => (readonly string[])[]): number {
  const random = seededRandom(7);
  return mean(
    Array.from({ length: 300 }, () => {
      const word = library.wordOf(Math.floor(random() * library.things), random);
      const matched = matchedBy(misspelt(word, random)).slice(0, depth);
      return matched.some((words) => words.includes(word)) ? 1 : 0;
    }),
  );
}

/** By thing: the items that show it. */
function whoShows(library: GeneratedLibrary, items: number): Map<number, Set<number>> {
  const showing = new Map<number, Set<number>>();
  for (let number = 0; number < items; number++)
    for (const thing of library.shown(number).things) {
      const those = showing.get(thing) ?? new Set();
      showing.set(thing, those.add(number));
    }
  return showing;
}

/** Two things that some items show, each by one of its words. */
function queriesOf(
  library: GeneratedLibrary,
  showing: ReadonlyMap<number, Set<number>>,
  { items, queries, random }: { items: number; queries: number; random: Random },
): Query[] {
  const found: Query[] = [];
  while (found.length < queries) {
    const [one = 0, other = 0] = library.shown(Math.floor(random() * items)).things;
    const relevant = new Set([...(showing.get(one) ?? [])].filter((number) => showing.get(other)?.has(number)));
    if (one === other || relevant.size < depth) continue;
    found.push({ text: `${library.wordOf(one, random)} ${library.wordOf(other, random)}`, relevant });
  }
  return found;
}

type Voting = { wrong: number; liars: number; items: number; random: Random };

/** Each voter judges some of the first hits, wrongly now and then; liars praise the same few others and damn what is right. */
function vote(hits: readonly Hit[], { relevant }: Query, { wrong, liars, items, random }: Voting): Verdict[] {
  const shown = hits.slice(0, depth);
  const pushed = Array.from({ length: voting.pushed }, () => idOf(Math.floor(random() * items)));
  return Array.from({ length: voting.voters }, (_, at): Verdict[] => {
    const voter = `voter ${at}`;
    if (at < liars)
      return [
        ...pushed.map((id): Verdict => ({ id, voter, verdict: relevant.has(numberOf(id)) ? -1 : 1 })),
        ...shown.map(({ id }): Verdict => ({ id, voter, verdict: relevant.has(numberOf(id)) ? -1 : 1 })),
      ];
    const judged = shown.toSorted(() => random() - 0.5).slice(0, voting.verdicts);
    return judged.map(({ id }) => {
      const isRight = relevant.has(numberOf(id)) !== random() < wrong;
      return { id, voter, verdict: isRight ? 1 : -1 };
    });
  }).flat();
}

/**
 * A word and a colour: of the items that have both, those are right whose main colour it is. The product is what a
 * search does; fused are the ranks by words and by colour. Words that very many items have are left out.
 */
function colourQuality(ranking: Ranking, library: GeneratedLibrary, items: number, queries: number) {
  const random = seededRandom(3);
  const product: number[] = [];
  const fused: number[] = [];
  while (product.length < queries) {
    const [word] = twoWords(library, items, random);
    const place = Math.floor(random() * library.colours);
    const search = { ...page, text: `${word} `, colour: library.lab(place), limit: mostJoined, explain: true };
    const { total, hits } = ranking.search(search);
    const right = hits.map(({ id }) => numberOf(id)).filter((number) => library.shown(number).colour === place);
    if (total > mostJoined || right.length < depth) continue;
    product.push(ndcgOf(hits, new Set(right)));
    fused.push(ndcgOf(fusedByRank(hits), new Set(right)));
  }
  return { withColour: mean(product), withColourFused: mean(fused) };
}

function fusedByRank(hits: readonly Hit[]): Hit[] {
  const scores = new Map<string, number>();
  for (const part of ['words', 'colour'] as const)
    for (const [at, { id }] of hits
      .toSorted((one, other) => (other.parts?.[part] ?? 0) - (one.parts?.[part] ?? 0))
      .entries())
      scores.set(id, (scores.get(id) ?? 0) + 1 / (fusionOffset + at));
  return hits.toSorted((one, other) => (scores.get(other.id) ?? 0) - (scores.get(one.id) ?? 0));
}

/** Normalised discounted cumulative gain of the first ten. */
function ndcgOf(hits: readonly Hit[], relevant: ReadonlySet<number> = new Set()): number {
  const gain = (at: number) => 1 / Math.log2(at + 2);
  const sum = (places: number[]) => places.reduce((all, at) => all + gain(at), 0);
  const right = hits.slice(0, depth).flatMap(({ id }, at) => (relevant.has(numberOf(id)) ? [at] : []));
  return sum(right) / sum(Array.from({ length: Math.min(depth, relevant.size) }, (_, at) => at));
}

function rankOf(hits: readonly Hit[], relevant: ReadonlySet<number> = new Set()): number {
  const first = hits.findIndex(({ id }) => relevant.has(numberOf(id)));
  return first < 0 ? 0 : 1 / (first + 1);
}

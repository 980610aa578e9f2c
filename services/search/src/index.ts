/** The search service: so far its ranking, a pure room without input or output. */
export type { RankedItem } from './ranking/analysis.ts';
export { type Counter, type Learned, learn, type Verdict, verdictScore } from './ranking/learned.ts';
export { countQueryWords, mostQueryWords, queryKey } from './ranking/query.ts';
export { createRanking, type Ranking } from './ranking/ranking.ts';
export type { Found, Hit, ScoreParts, Search } from './ranking/search.ts';
export type { Synonyms } from './ranking/sought.ts';

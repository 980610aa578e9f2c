/** For tests and generated documents: the search service as a part, and its ranking, a pure room without input or output. */
export { type SearchSettings, searchSettings } from './config.ts';
export type { RankedItem } from './ranking/analysis.ts';
export { type Counter, type Learned, learn, type Verdict, verdictScore } from './ranking/learned.ts';
export { countQueryWords, mostQueryWords, queryKey } from './ranking/query.ts';
export { createRanking, type Ranking } from './ranking/ranking.ts';
export type { Found, Hit, ScoreParts, Search } from './ranking/search.ts';
export type { Synonyms } from './ranking/sought.ts';
export { startSearch } from './search.ts';

/** The only outgoing HTTP to strangers: address guard, redirects, size and time caps. */
export { type AllowEntry, parseAllowList } from './allow-list.ts';
export { createSafeFetch, type FetchedSource, type SafeFetch, type SafeFetchSettings } from './fetch.ts';
export type { Lookup } from './lookup.ts';

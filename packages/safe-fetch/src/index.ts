/** The only outgoing HTTP to strangers: address guard, redirects, size and time caps. */
export { type AllowEntry, parseAllowList } from './allow-list.ts';
export {
  createSafeFetch,
  type FetchedSource,
  type FetchOptions,
  type SafeFetch,
  type SafeFetchSettings,
  type UnchangedSource,
} from './fetch.ts';
export type { Lookup } from './lookup.ts';
export { parseSourceHeaders, type SourceHeaders } from './source-headers.ts';
export type { KnownSource, Validity } from './validity.ts';

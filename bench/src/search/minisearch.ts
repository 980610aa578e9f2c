/** The peer: MiniSearch with its prefixes and fuzzy words, on the same items. */

import MiniSearch from 'minisearch';
import type { GeneratedLibrary } from './library.ts';

/** Edits by the length of a word, as its documentation advises. */
const fuzzy = 0.2;

export type PeerSearch = {
  search(text: string): { id: string; score: number; terms: string[] }[];
};

export function buildMiniSearch(library: GeneratedLibrary, items: number): PeerSearch {
  const index = new MiniSearch<{ id: string; caption: string; name: string; tags: string }>({
    fields: ['caption', 'name', 'tags'],
    searchOptions: { boost: { tags: 2 }, fuzzy, prefix: (_term, at, terms) => at === terms.length - 1 },
  });
  for (let number = 0; number < items; number++) {
    const { id, caption, name, tags } = library.item(number);
    index.add({ id, caption, name, tags: tags.join(' ') });
  }
  return { search: (text) => index.search(text).map(({ id, score, terms }) => ({ id: String(id), score, terms })) };
}

/** Examples of the library in the OpenAPI document: items as this API writes them. */
import type { KeptItem, LibraryItem, LibraryItemList, SearchAnswer, SuggestAnswer } from '@tintype/contracts';
import { createItemView } from './item-view.ts';

export const exampleItemId = '01a22189-1368-7000-9a11-6f0d3c5b7e21';

const sha256 = '6c1f0a3f2d7b84e95a0c6f1d8e2b47935d0fa6c8b1e4937265fd0a9c8e7b6a51';
const pending: KeptItem = {
  id: exampleItemId,
  status: 'pending',
  name: 'cat-in-a-park.jpg',
  caption: 'A cat sits on a bench in a park',
  tags: ['cat', 'park'],
  fileName: 'cat-in-a-park.jpg',
  made: null,
  problem: null,
  revision: 1,
  createdAt: '2026-11-01T12:00:00.000Z',
  updatedAt: '2026-11-01T12:00:00.000Z',
};
const ready: KeptItem = {
  ...pending,
  status: 'ready',
  made: {
    source: { sha256, bytes: 812_345, width: 4000, height: 3000, format: 'jpeg' },
    files: [{ name: 'library', width: 512, height: 384, format: 'jpeg', bytes: 48_213, sha256 }],
    palette: [
      { hex: '#d2691e', share: 0.41, name: 'chocolate' },
      { hex: '#556b2f', share: 0.33, name: 'darkolivegreen' },
    ],
  },
  revision: 2,
  updatedAt: '2026-11-01T12:00:01.000Z',
};

type Examples = {
  item_pending: { summary: string; value: LibraryItem };
  item_ready: { summary: string; value: LibraryItem };
  items: { summary: string; value: LibraryItemList };
  found: { summary: string; value: SearchAnswer };
  suggested: { summary: string; value: SuggestAnswer };
};

export async function libraryExamples(publicUrl: string): Promise<Examples> {
  const links = { file: () => publicUrl, item: (id: string) => `${publicUrl}/v1/library/items/${id}/file` };
  const view = createItemView({ publicUrl, signedLinks: { links: async () => links } });
  const parts = { words: 2.1, colour: 0.88 };
  const hit = { item: ready, score: 2.98, matched: ['cat', 'park'], parts };
  const data = await view.foundOf({ total: 1, corrected: null, hits: [hit] }, true);
  return {
    item_pending: { summary: 'Its picture is not made yet', value: await view.itemOf(pending) },
    item_ready: { summary: 'It is found', value: await view.itemOf(ready) },
    items: { summary: 'A page', value: { data: await view.itemsOf([ready]), next: null } },
    found: {
      summary: 'One item',
      value: { query: 'cat in a prak', corrected: 'cat in a park', total: 1, data, next: null },
    },
    suggested: { summary: 'Completions', value: { data: ['cat', 'car', 'castle'], next: null } },
  };
}

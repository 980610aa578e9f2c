/** Items as clients see them. */
import {
  type FoundItems,
  itemRenditionName,
  type KeptItem,
  type LibraryItem,
  Problem,
  type SearchAnswer,
} from '@tintype/contracts';
import type { Links, SignedLinks } from '../http/auth/signed-links.ts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { colourView } from '../thumbnails/colour-view.ts';

export type ItemView = {
  itemOf(item: KeptItem): Promise<LibraryItem>;
  itemsOf(items: readonly KeptItem[]): Promise<LibraryItem[]>;
  foundOf(found: FoundItems, explained: boolean): Promise<SearchAnswer['data']>;
};

export type ItemViewOptions = { publicUrl: string; signedLinks: Pick<SignedLinks, 'links'> };

/** The file of this name; without a name the one that an item is shown by. */
export function fileOfItem({ made }: KeptItem, name?: string) {
  const files = made?.files ?? [];
  if (name !== undefined) return files.find((file) => file.name === name);
  return files.find((file) => file.name === itemRenditionName) ?? files[0];
}

export function createItemView({ publicUrl, signedLinks }: ItemViewOptions): ItemView {
  const linksNow = () => signedLinks.links(true);
  const itemsOf = async (items: readonly KeptItem[]) => {
    const links = await linksNow();
    return items.map((item) => viewOf(item, links, publicUrl));
  };
  return {
    itemsOf,
    itemOf: async (item) => viewOf(item, await linksNow(), publicUrl),
    async foundOf({ hits }, explained) {
      const links = await linksNow();
      return hits.flatMap(({ item, score, matched, parts }) => {
        const thumbnail = pictureOf(item, links);
        if (!thumbnail) return [];
        const { id, name, caption } = item;
        const palette = paletteOf(item);
        return [{ id, name, caption, score, matched, thumbnail, palette, ...(explained && { explained: parts }) }];
      });
    },
  };
}

function viewOf(item: KeptItem, links: Links, publicUrl: string): LibraryItem {
  const { id, status, name, caption, tags, made, problem, createdAt, updatedAt } = item;
  const thumbnail = pictureOf(item, links);
  return {
    id,
    status,
    name,
    caption,
    tags,
    ...(thumbnail && { thumbnail }),
    ...(made && { palette: paletteOf(item), source: made.source }),
    error: problem === null ? null : Problem.fromRecord(problem).toDocument(typeBaseOf(publicUrl)),
    created_at: createdAt,
    updated_at: updatedAt,
    links: { self: `${publicUrl}/v1/library/items/${id}`, thumbnail: `${publicUrl}/v1/thumbnails/${id}` },
  };
}

function pictureOf(item: KeptItem, links: Links) {
  const file = fileOfItem(item);
  return file && { url: links.item(item.id), width: file.width, height: file.height, format: file.format };
}

function paletteOf({ made }: KeptItem) {
  return (made?.palette ?? []).map(colourView);
}

/** What the routes of the library accept and answer, for validation and for the OpenAPI document. */
import {
  ItemPatch,
  ItemRequest,
  ItemWords,
  itemListFields,
  LibraryItem,
  LibraryItemList,
  SearchAnswer,
  SimilarQuery,
  SuggestAnswer,
  SuggestQuery,
  searchFields,
} from '@tintype/contracts';
import Type from 'typebox';
import { json, nothing, pictureForm } from '../http/openapi/route-schemas.ts';
import { maxWaitSeconds } from '../http/waiting.ts';
import { pictureAnswers } from '../thumbnails/thumbnail-schemas.ts';
import { exampleItemId } from './library-examples.ts';

const tags = ['library'];
const IdParams = Type.Object({ id: Type.String({ description: 'id of the item', examples: [exampleItemId] }) });
const away = ['search_unavailable'] as const;
const unseen = ['not_found', ...away] as const;

export const WaitQuery = Type.Object({
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: `answer as soon as its picture is made, at most after so many seconds (more than ${maxWaitSeconds} become ${maxWaitSeconds}); the header \`Prefer: wait=10\` does the same`,
      examples: [10],
    }),
  ),
});

/** The sample is served by this very API. */
export const addItemSchemaFor = (publicUrl: string) => ({
  operationId: 'createLibraryItem',
  tags,
  summary: 'Keep a picture in the library',
  description:
    'By URL, as a form, or as the body itself with its words in the URL. It goes through the queue as every picture does, and is found when that is done; a `name` that another item has is 409. Without one the item is called like its file. Its files stay until the item is deleted. `library` on `POST /v1/thumbnails` makes an item of that picture too.',
  querystring: WaitQuery,
  body: {
    content: {
      'application/json': {
        schema: Type.Object(ItemRequest.properties, {
          title: 'ItemRequest',
          additionalProperties: false,
          'x-examples': {
            item: {
              summary: 'A sample with words',
              value: {
                url: `${publicUrl}/samples/photo.jpg`,
                name: 'photo.jpg',
                caption: 'A photograph',
                tags: ['sample'],
              },
            },
          },
        }),
      },
      ...pictureForm('ItemForm', ItemWords),
      'image/*': { schema: { type: 'string', format: 'binary' } },
    },
  },
  response: {
    200: json('Its job ended within `wait`', LibraryItem, { examples: ['item_ready'], headers: ['Location', 'ETag'] }),
    202: json('Accepted; poll `Location`', LibraryItem, { examples: ['item_pending'], headers: ['Location', 'ETag'] }),
  },
  problems: ['conflict', 'not_an_image', 'unsupported_format', ...away] as const,
});

export const listItemsSchema = {
  operationId: 'listLibraryItems',
  tags,
  summary: 'List your own items, the newest first',
  description: 'Whatever their status; `name=` has the one of that name.',
  querystring: Type.Object(itemListFields),
  response: { 200: json('A page of them', LibraryItemList, { examples: ['items'] }) },
  problems: away,
};

export const getItemSchema = {
  operationId: 'getLibraryItem',
  tags,
  summary: 'Look up an item',
  params: IdParams,
  response: {
    200: json('The item, whatever its status', LibraryItem, { examples: ['item_ready'], headers: ['ETag'] }),
    304: nothing('Unchanged'),
  },
  problems: unseen,
};

export const changeItemSchema = {
  operationId: 'changeLibraryItem',
  tags,
  summary: 'Change the name, caption or tags of an item',
  description: 'What the body has replaces what was. With `If-Match` only if nobody has changed it since.',
  params: IdParams,
  body: ItemPatch,
  response: { 200: json('The item as it is now', LibraryItem, { examples: ['item_ready'], headers: ['ETag'] }) },
  problems: [...unseen, 'conflict', 'precondition_failed'] as const,
};

export const removeItemSchema = {
  operationId: 'deleteLibraryItem',
  tags,
  summary: 'Delete an item with its files',
  description: 'It is found no more. Its thumbnail, if it is there still, stays until it expires.',
  params: IdParams,
  response: { 204: nothing('It is gone') },
  problems: [...unseen, 'precondition_failed'] as const,
};

export const itemFileSchema = {
  operationId: 'getLibraryItemFile',
  tags,
  summary: 'The picture of an item',
  params: IdParams,
  querystring: Type.Object({
    name: Type.Optional(Type.String({ description: 'name of the rendition (that which shows the item)' })),
    exp: Type.Optional(Type.String({ description: 'end of a signed link, in seconds since 1970' })),
    sig: Type.Optional(Type.String({ description: 'signature of a signed link: opens without a key' })),
  }),
  response: pictureAnswers,
  problems: [...unseen, 'not_ready', 'range_not_satisfiable'] as const,
};

export const searchSchema = {
  operationId: 'searchLibrary',
  tags,
  summary: 'Find items by words, by a colour, or both',
  description:
    'The best first: items with all words before those with some. A word that nobody has written is taken for the likeliest one that somebody has, and `corrected` says so.',
  querystring: Type.Object(searchFields),
  response: { 200: json('A page of them', SearchAnswer, { examples: ['found'] }) },
  problems: away,
};

export const similarSchema = {
  operationId: 'findSimilar',
  tags,
  summary: 'Find items that are like one',
  params: IdParams,
  querystring: SimilarQuery,
  response: { 200: json('The most alike first, without itself', SearchAnswer, { examples: ['found'] }) },
  problems: unseen,
};

export const suggestSchema = {
  operationId: 'suggestQueries',
  tags,
  summary: 'Completions of what is being typed',
  querystring: SuggestQuery,
  response: { 200: json('The likeliest first', SuggestAnswer, { examples: ['suggested'] }) },
  problems: away,
};

/** A search service as the API asks it: by its address alone. */
import { deepEqual, ok } from 'node:assert/strict';
import {
  FoundItems,
  fits,
  ItemAnswer,
  type ItemMade,
  ItemsAnswer,
  type KeptItem,
  newThumbnailId,
  SearchRefusal,
  searchPaths,
} from '@tintype/contracts';
import type { Static, TSchema } from 'typebox';

export type ServiceAddress = { url: string; token?: string | undefined };

export type SearchService = {
  /** The answer of 200 to an order, of this schema; throws for another one. */
  post<Schema extends TSchema>(schema: Schema, path: string, order: object): Promise<Static<Schema>>;
  /** Throws unless the order is refused with this status and code. */
  refuse(path: string, order: object, status: number, code: string): Promise<void>;
  /** Items that it lists. */
  items(query: Record<string, string>): Promise<KeptItem[]>;
  /** Adds an item whose picture is made, and answers it. */
  addReady(tenant: string, words: Partial<Words> & Pick<Words, 'name'>): Promise<KeptItem>;
  /** Throws unless a search finds these names, in whichever order, within a few seconds. */
  finds(tenant: string, asked: { query?: string; colour?: string }, names: readonly string[]): Promise<void>;
};

export type Words = { name: string; caption: string; tags: string[]; palette: ItemMade['palette'] };

/** An item is to be found within two seconds of its end, and a process may hear of another one's within one. */
const tries = 50;
const betweenTriesMs = 100;
const answerWithinMs = 10_000;

const sha256 = 'a'.repeat(64);

/** What a job has made of a picture of these colours. */
export function madeOf(palette: ItemMade['palette'] = []): ItemMade {
  const file = { sha256, bytes: 10, width: 4, height: 3, format: 'jpeg' };
  return { source: file, files: [{ name: 'library', ...file }], palette };
}

export function adding(tenant: string, { name, caption = '', tags = [] }: Partial<Words> & Pick<Words, 'name'>) {
  return { do: 'add', tenant, id: newThumbnailId(), name, caption, tags, fileName: null } as const;
}

export function openService({ url, token }: ServiceAddress): SearchService {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const ask = async (path: string, order?: object): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(url.replace(/\/$/, '') + path, {
      headers,
      signal: AbortSignal.timeout(answerWithinMs),
      ...(order && { method: 'POST', body: JSON.stringify(order) }),
    });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const post: SearchService['post'] = async (schema, path, order) => answerOf(schema, await ask(path, order));
  const namesFound = async (
    tenant: string,
    { query = '', colour = null }: { query?: string; colour?: string | null },
  ) => {
    const order = { find: 'items', tenant, query, colour, tolerance: 0.1, offset: 0, limit: 20 };
    const { hits } = await post(FoundItems, searchPaths.search, order);
    return hits.map(({ item }) => item.name).sort();
  };
  return {
    post,
    async refuse(path, order, status, code) {
      const answer = await ask(path, order);
      ok(fits(SearchRefusal, answer.body), `no refusal with code and detail: ${JSON.stringify(answer.body)}`);
      deepEqual([answer.status, answer.body.code], [status, code]);
    },
    items: async (query) =>
      answerOf(ItemsAnswer, await ask(`${searchPaths.items}?${new URLSearchParams(query)}`)).items,
    async addReady(tenant, { palette, ...words }) {
      const { id } = (await post(ItemAnswer, searchPaths.items, adding(tenant, words))).item;
      const end = { do: 'end', tenant, id, made: madeOf(palette), problem: null };
      return (await post(ItemAnswer, searchPaths.items, end)).item;
    },
    async finds(tenant, asked, names) {
      const expected = [...names].sort();
      let found: string[] = [];
      for (let at = 0; at < tries; at++) {
        found = await namesFound(tenant, asked);
        if (found.join('\n') === expected.join('\n')) return;
        await new Promise((next) => setTimeout(next, betweenTriesMs));
      }
      deepEqual(found, expected, `found of ${JSON.stringify(asked)}`);
    },
  };
}

function answerOf<Schema extends TSchema>(schema: Schema, { status, body }: { status: number; body: unknown }) {
  ok(status === 200, `answered ${status}: ${JSON.stringify(body)}`);
  ok(fits(schema, body), `no answer of the contract: ${JSON.stringify(body)}`);
  return body;
}

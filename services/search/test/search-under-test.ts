/** The search service with a PostgreSQL of its own, asked over its port. */
import {
  FoundItems,
  fits,
  type ItemCommand,
  type ItemMade,
  ItemsAnswer,
  isFields,
  type KeptItem,
  newThumbnailId,
} from '@tintype/contracts';
import { createLogger, readSettings } from '@tintype/runtime';
import { startTestPostgres } from '@tintype/testkit';
import { searchSettings, startSearch } from '../src/index.ts';

export type SearchUnderTest = {
  url: string;
  databaseUrl: string;
  /** Everything that was logged, from `trace` on. */
  log: Record<string, unknown>[];
  post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
  stop(): Promise<void>;
};

/** Another process of the same database, for the time of a test. */
export async function startSearchOn(databaseUrl: string, env: Record<string, string> = {}): Promise<SearchUnderTest> {
  const given = { DATABASE_URL: databaseUrl, SEARCH_PORT: '0', LOG_LEVEL: 'trace', ...env };
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const logger = createLogger({ name: 'search', level: 'trace', destination });
  const { port, stopSteps } = await startSearch(readSettings(searchSettings, given), logger);
  const url = `http://127.0.0.1:${port}`;
  const headers = {
    'content-type': 'application/json',
    ...(env.SEARCH_TOKEN && { authorization: `Bearer ${env.SEARCH_TOKEN}` }),
  };
  const answerOf = async (response: Response) => {
    const body: unknown = await response.json();
    if (!isFields(body)) throw new Error(`no answer of the contract: ${JSON.stringify(body)}`);
    return { status: response.status, body };
  };
  return {
    url,
    databaseUrl,
    log,
    post: async (path, body) =>
      answerOf(await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })),
    get: async (path) => answerOf(await fetch(url + path, { headers })),
    async stop() {
      for (const step of stopSteps) await step.stop();
    },
  };
}

export async function startSearchUnderTest(env: Record<string, string> = {}): Promise<SearchUnderTest> {
  const postgres = await startTestPostgres();
  const search = await startSearchOn(postgres.url, env);
  return {
    ...search,
    async stop() {
      await search.stop();
      await postgres.stop();
    },
  };
}

const sha256 = 'a'.repeat(64);

/** What a job has made of a picture of these colours. */
export function madeOf(...palette: ItemMade['palette']): ItemMade {
  return {
    source: { sha256, bytes: 10, width: 4, height: 3, format: 'jpeg' },
    files: [{ name: 'library', width: 4, height: 3, format: 'jpeg', bytes: 10, sha256 }],
    palette,
  };
}

export type Words = { name: string; caption?: string; tags?: string[] };

export function adding(tenant: string, { name, caption = '', tags = [] }: Words) {
  return { do: 'add', tenant, id: newThumbnailId(), name, caption, tags, fileName: null } satisfies ItemCommand;
}

/** Adds an item whose picture is made, and answers its id. */
export async function addReady(
  search: SearchUnderTest,
  tenant: string,
  words: Words,
  ...palette: ItemMade['palette']
): Promise<string> {
  const command = adding(tenant, words);
  await search.post('/items', command);
  const { status } = await search.post('/items', {
    do: 'end',
    tenant,
    id: command.id,
    made: madeOf(...palette),
    problem: null,
  });
  if (status !== 200) throw new Error(`the item was not made: ${status}`);
  return command.id;
}

/** Names of the items that a search finds, the best first. */
export async function found(search: SearchUnderTest, tenant: string, query: string, more: object = {}) {
  const order = { find: 'items', tenant, query, colour: null, tolerance: 0.1, offset: 0, limit: 20, ...more };
  const { body } = await search.post('/search', order);
  if (!fits(FoundItems, body)) throw new Error(`nothing was searched: ${JSON.stringify(body)}`);
  return body.hits.map(({ item }) => item.name);
}

/** Items that the service lists. */
export async function listed(search: SearchUnderTest, query: string): Promise<KeptItem[]> {
  const { body } = await search.get(`/items?${query}`);
  if (!fits(ItemsAnswer, body)) throw new Error(`nothing was listed: ${JSON.stringify(body)}`);
  return body.items;
}

/** The one way to the search service: each call has a time, and when it is away nobody waits for it. */
import {
  BatchesAnswer,
  type BatchesQuery,
  type FeedbackCommand,
  FeedbackKept,
  FoundCompletions,
  FoundItems,
  feedbackPaths,
  fits,
  ItemAnswer,
  type ItemCommand,
  ItemsAnswer,
  type ItemsQuery,
  isProblemCode,
  type KeptBatch,
  type KeptItem,
  Problem,
  QueryStats,
  type QueryStatsOrder,
  type SearchOrder,
  SearchRefusal,
  searchPaths,
  VerdictsPage,
  type VerdictsQuery,
} from '@tintype/contracts';
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import type { Static, TSchema } from 'typebox';

/** Every method throws Problems only; `search_unavailable` when the service does not answer in time, or there is none. */
export type SearchClient = {
  /** Does something to an item. Throws `not_found`, `conflict` and `precondition_failed` besides. */
  run(command: ItemCommand): Promise<KeptItem>;
  items(query: ItemsQuery): Promise<KeptItem[]>;
  /** Throws `not_found` for an item that is not there. */
  find(order: Exclude<SearchOrder, { find: 'completions' }>): Promise<FoundItems>;
  complete(order: Extract<SearchOrder, { find: 'completions' }>): Promise<string[]>;
  /** Throws `not_found` for a batch that is to be undone and is not there. */
  feedback(command: FeedbackCommand): Promise<FeedbackKept>;
  batches(query: BatchesQuery): Promise<KeptBatch[]>;
  /** However many there are, in pages; the iteration throws where the service goes away in the middle of it. */
  verdicts(query: VerdictsQuery): Promise<AsyncIterable<VerdictsPage>>;
  queryStats(order: QueryStatsOrder): Promise<QueryStats>;
};

export type SearchClientOptions = {
  /** Where the search service is; undefined for none. */
  url: string | undefined;
  /** What it knows us by. */
  token: string | undefined;
  /** Longest time of a call that only reads. */
  timeoutMs: number;
};

/** A change is written to the disk of a database, perhaps behind others. */
const changeTimes = 10;
/** What reads very much: nobody waits for it in between. */
const longMs = 10_000;
/** So many calls in a row without an answer, and nobody is made to wait for the next ones, … */
const failuresBefore = 5;
/** … until one of them tries again, after so long. */
const restMs = 1000;
/** What to tell clients, in seconds. */
const retryAfterSeconds = 2;

export function createSearchClient({ url, token, timeoutMs }: SearchClientOptions): SearchClient {
  if (url === undefined) return noSearch;
  const breaker = circuitBreaker(
    handleWhen((err) => err instanceof Problem && err.code === 'search_unavailable' && err.retryable),
    { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failuresBefore) },
  );
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };

  // Whatever it answers, it is there: one client's orders that it refuses must not keep all others from it.
  const answerTo = (path: string, body: object | null, withinMs: number) =>
    breaker
      .execute(() => answerOf(`${url}${path}`, headers, body, withinMs))
      .catch((err) => {
        throw err instanceof BrokenCircuitError ? away('It has not answered lately.', err) : err;
      });
  const call = async <Schema extends TSchema>(schema: Schema, path: string, body: object | null, withinMs: number) =>
    understood(schema, await answerTo(path, body, withinMs));
  const pathWith = (path: string, query: object) => {
    const fields = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return `${path}?${new URLSearchParams(fields)}`;
  };
  return {
    run: async (command) => (await call(ItemAnswer, searchPaths.items, command, timeoutMs * changeTimes)).item,
    items: async (query) => (await call(ItemsAnswer, `${searchPaths.items}?${queryOf(query)}`, null, timeoutMs)).items,
    find: (order) => call(FoundItems, searchPaths.search, order, timeoutMs),
    complete: async (order) => (await call(FoundCompletions, searchPaths.search, order, timeoutMs)).completions,
    verdicts: (query) => openPages(VerdictsPage, `${url}${pathWith(feedbackPaths.verdicts, query)}`, headers),
    queryStats: (order) => call(QueryStats, pathWith(feedbackPaths.queries, order), null, longMs),
    feedback: (command) => call(FeedbackKept, searchPaths.feedback, command, timeoutMs * changeTimes),
    batches: async (query) =>
      (await call(BatchesAnswer, `${feedbackPaths.batches}?${queryOf(query)}`, null, timeoutMs * changeTimes)).batches,
  };
}

const noSearch: SearchClient = (() => {
  const refuse = async (): Promise<never> => {
    const detail = 'There is no library here: SEARCH_URL names no search service.';
    throw new Problem('search_unavailable', { detail, retryable: false });
  };
  return {
    run: refuse,
    items: refuse,
    find: refuse,
    complete: refuse,
    feedback: refuse,
    batches: refuse,
    verdicts: refuse,
    queryStats: refuse,
  };
})();

function away(detail: string, cause: unknown): Problem {
  return new Problem('search_unavailable', {
    detail: `The search service is away. ${detail}`,
    retryAfterSeconds,
    cause,
  });
}

type Answer = { status: number; answer: unknown };

/** Throws the problem that the answer tells of. */
function understood<Schema extends TSchema>(schema: Schema, { status, answer }: Answer): Static<Schema> {
  if (status === 200 && fits(schema, answer)) return answer;
  if (!fits(SearchRefusal, answer)) throw away('Its answer is not one of its contract.', answer);
  const { code, detail } = answer;
  if (isProblemCode(code) && toldCodes.includes(code)) throw new Problem(code, { detail });
  const cause = new Error(`${code}: ${detail}`);
  if (refusedCodes.includes(code)) {
    throw new Problem('search_unavailable', { detail: 'It refuses what it was asked.', retryable: false, cause });
  }
  throw away('It could not do what was asked.', cause);
}

/** What the client has caused; everything else is between us and the service. */
const toldCodes: readonly string[] = ['not_found', 'conflict', 'precondition_failed', 'invalid_option'];
/** An order that it will never take, however often it comes; it is there, and does what others ask. */
const refusedCodes: readonly string[] = ['invalid_request', 'payload_too_large'];

async function answerOf(
  url: string,
  headers: Record<string, string>,
  body: object | null,
  withinMs: number,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      headers,
      body: body === null ? null : JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(withinMs),
    });
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  } catch (err) {
    throw away(`It did not answer within ${withinMs} ms.`, err);
  }
}

function queryOf({ id = [], ...fields }: ItemsQuery): URLSearchParams {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) query.set(key, String(value));
  }
  for (const one of id) query.append('id', one);
  return query;
}

/** Pages of an answer that is too long to wait for, each of them a line of JSON. */
async function openPages<Schema extends TSchema>(
  schema: Schema,
  url: string,
  headers: Record<string, string>,
): Promise<AsyncIterable<Static<Schema>>> {
  const beginning = new AbortController();
  const timer = setTimeout(() => beginning.abort(), longMs);
  const response = await fetch(url, { headers, redirect: 'error', signal: beginning.signal }).catch((err) => {
    throw away(`It did not begin to answer within ${longMs} ms.`, err);
  });
  clearTimeout(timer);
  const { status, body } = response;
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw away('It could not do what was asked.', new Error(`it answered ${status}`));
  }
  return pagesOf(schema, body);
}

async function* pagesOf<Schema extends TSchema>(
  schema: Schema,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Static<Schema>, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const page: unknown = JSON.parse(line);
      if (!fits(schema, page)) throw away('Its answer is not one of its contract.', line.slice(0, 100));
      yield page;
    }
  }
}

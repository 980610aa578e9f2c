/** Calls of the API, timed one by one. */
import { Batch, parse, Thumbnail } from '@tintype/contracts';
import { Pool } from 'undici';
import { percentile } from '../statistics.ts';

export type TimedAnswer = { ms: number; body: string };

export type ApiCalls = {
  /** 202 with the new job, or with `?wait=` 200 or 202. */
  submit(body: { url: string; priority?: string }, query?: string): Promise<TimedAnswer>;
  get(id: string): Promise<TimedAnswer>;
  cancel(id: string): Promise<TimedAnswer>;
  /** 202 with the new batch. */
  submitBatch(urls: readonly string[]): Promise<TimedAnswer>;
  removeBatch(id: string): Promise<TimedAnswer>;
  close(): Promise<void>;
};

/** Calls reject on any answer but 2xx: nothing is measured then. */
export function openApiCalls(apiUrl: string, connections: number, apiKey?: string): ApiCalls {
  const pool = new Pool(apiUrl, { connections, pipelining: 1 });
  const identity = apiKey === undefined ? {} : { 'x-api-key': apiKey };
  const json = { ...identity, 'content-type': 'application/json' };
  const call = async (options: {
    method: 'GET' | 'POST' | 'DELETE';
    path: string;
    body?: string;
  }): Promise<TimedAnswer> => {
    const startMs = performance.now();
    const headers = options.body === undefined ? identity : json;
    const { statusCode, body } = await pool.request({ ...options, headers });
    const text = await body.text();
    const ms = performance.now() - startMs;
    if (statusCode >= 300) throw new Error(`${options.method} ${options.path}: ${statusCode} ${text.slice(0, 300)}`);
    return { ms, body: text };
  };
  return {
    submit: (body, query = '') => call({ method: 'POST', path: `/v1/thumbnails${query}`, body: JSON.stringify(body) }),
    get: (id) => call({ method: 'GET', path: `/v1/thumbnails/${id}` }),
    cancel: (id) => call({ method: 'POST', path: `/v1/thumbnails/${id}/cancel` }),
    submitBatch: (urls) =>
      call({ method: 'POST', path: '/v1/batches', body: JSON.stringify({ items: urls.map((url) => ({ url })) }) }),
    removeBatch: (id) => call({ method: 'DELETE', path: `/v1/batches/${id}` }),
    close: () => pool.close(),
  };
}

export type TimedRun = { answers: TimedAnswer[]; p50Ms: number; p95Ms: number; perSecond: number };

/** Makes the call for each item, with so many clients at once; answers are in the order of the items. */
export async function timeCalls<Item>(
  items: readonly Item[],
  clients: number,
  call: (item: Item) => Promise<TimedAnswer>,
): Promise<TimedRun> {
  const answers: TimedAnswer[] = [];
  const left = items.entries();
  const startMs = performance.now();
  const work = async () => {
    for (const [index, item] of left) answers[index] = await call(item);
  };
  await Promise.all(Array.from({ length: clients }, work));
  const perSecond = (1000 * items.length) / (performance.now() - startMs);
  const times = answers.map(({ ms }) => ms);
  return { answers, p50Ms: percentile(times, 50), p95Ms: percentile(times, 95), perSecond };
}

export function thumbnailOf({ body }: TimedAnswer): Thumbnail {
  return parse(Thumbnail, JSON.parse(body));
}

export function batchOf({ body }: TimedAnswer): Batch {
  return parse(Batch, JSON.parse(body));
}

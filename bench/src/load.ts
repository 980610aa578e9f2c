/** The load generator: pictures asked for one after the other by each of so many clients, or all handed in at once. */
import type { Answer, PictureClient } from './picture-client.ts';

export type LoadOptions = {
  client: PictureClient;
  urls: readonly string[];
  /** How many requests are under way at once. */
  clients: number;
  /** Told after each picture how many are done. */
  onProgress?: (done: number) => void;
};

export type LoadRun = {
  /** From before the first POST to after the last answer. */
  elapsedMs: number;
  answers: Answer[];
};

/** Closed loop: each client hands in its next picture when the one before is done. */
export function runLoad({ client, urls, clients, onProgress }: LoadOptions): Promise<LoadRun> {
  return runCalls(urls, clients, (url) => client.make(url), onProgress);
}

/** The same with any call for each item. */
export async function runCalls<Item>(
  items: readonly Item[],
  clients: number,
  call: (item: Item) => Promise<Answer>,
  onProgress?: (done: number) => void,
): Promise<LoadRun> {
  const answers: Answer[] = [];
  const startMs = performance.now();
  await byClients(clients, items, async (item) => {
    answers.push(await call(item));
    onProgress?.(answers.length);
  });
  return { elapsedMs: performance.now() - startMs, answers };
}

/** Burst: everything is handed in, then waited for in the same order. Only for clients that can submit. */
export async function runBurst({ client, urls, clients, onProgress }: LoadOptions): Promise<LoadRun> {
  const { submit, wait } = client;
  if (!submit || !wait) throw new Error('nothing can be handed in without waiting for it');
  const answers: Answer[] = [];
  const startMs = performance.now();
  const submissions = await byClients(clients, urls, submit);
  await byClients(clients, submissions, async (submission) => {
    answers.push(await wait(submission));
    onProgress?.(answers.length);
  });
  return { elapsedMs: performance.now() - startMs, answers };
}

/** What became of each item, in the order of the items. */
async function byClients<Item, Outcome>(
  clients: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Outcome>,
): Promise<Outcome[]> {
  const left = items.entries();
  const outcomes: Outcome[] = [];
  const goOn = async () => {
    for (const [index, item] of left) outcomes[index] = await work(item);
  };
  await Promise.all(Array.from({ length: clients }, goOn));
  return outcomes;
}

/** The load: so many clients, each of which hands in its next picture when the one before is done (closed loop). */
import type { Answer, ThumbnailClient } from './thumbnail-client.ts';

export type LoadOptions = {
  client: ThumbnailClient;
  urls: readonly string[];
  /** How many pictures are under way at once. */
  clients: number;
  /** Told after each picture how many are done. */
  onProgress?: (done: number) => void;
};

export type LoadRun = {
  /** From before the first POST to after the last answer. */
  elapsedMs: number;
  answers: Answer[];
};

export async function runLoad({ client, urls, clients, onProgress }: LoadOptions): Promise<LoadRun> {
  const left = urls.values();
  const answers: Answer[] = [];
  const work = async () => {
    for (const url of left) {
      answers.push(await client.make(url));
      onProgress?.(answers.length);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: clients }, work));
  return { elapsedMs: performance.now() - startMs, answers };
}

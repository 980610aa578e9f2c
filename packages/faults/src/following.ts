/** Follows every accepted id from its acceptance to its end, whatever happens to the service meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Thumbnail } from '@tintype/contracts';
import type { ApiClient } from './api-client.ts';

export type Following = {
  accept(id: string, pictureName: string): void;
  /** Accepted and not seen to have ended. */
  pending(): number;
  /** Resolves when everything has ended, or with what has not when nothing more has ended for `timeoutMs`. */
  settle(timeoutMs: number): Promise<void>;
  /** Reads every id once more: what has ended must still be there, and be as it was. */
  readAll(): Promise<FollowedJob[]>;
};

/** The last that was heard of a job; `thumbnail` is null when the API knows no such id. */
export type FollowedJob = { id: string; pictureName: string; thumbnail: Thumbnail | null };

const pollMs = 150;
/** As many ids as one request may ask for. */
const idsAtOnce = 100;
const rereadTries = 50;

export function follow(client: ApiClient): Following {
  const pictureNames = new Map<string, string>();
  const pending = new Set<string>();
  let stopped = false;

  const look = async (): Promise<void> => {
    for (const ids of chunks([...pending])) {
      const found = await client.read(ids);
      if (found === null) return;
      for (const { id, status } of found) if (isEnd(status)) pending.delete(id);
      const foundIds = new Set(found.map(({ id }) => id));
      for (const id of ids) if (!foundIds.has(id) && (await client.isMissing(id))) pending.delete(id);
    }
  };
  const looking = (async () => {
    while (!stopped) {
      await look();
      await sleep(pollMs);
    }
  })();

  return {
    accept(id, pictureName) {
      pictureNames.set(id, pictureName);
      pending.add(id);
    },
    pending: () => pending.size,
    async settle(timeoutMs) {
      for (let [left, sinceMs] = [pending.size, Date.now()]; left > 0 && Date.now() - sinceMs < timeoutMs; ) {
        await sleep(pollMs / 2);
        if (pending.size < left) [left, sinceMs] = [pending.size, Date.now()];
      }
      stopped = true;
      await looking;
    },
    async readAll() {
      const jobs: FollowedJob[] = [];
      for (const ids of chunks([...pictureNames.keys()])) {
        const found = new Map((await insist(() => client.read(ids))).map((thumbnail) => [thumbnail.id, thumbnail]));
        for (const id of ids) {
          jobs.push({ id, pictureName: pictureNames.get(id) ?? '', thumbnail: found.get(id) ?? null });
        }
      }
      return jobs;
    },
  };
}

function isEnd(status: Thumbnail['status']): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function chunks<Value>(values: Value[]): Value[][] {
  return Array.from({ length: Math.ceil(values.length / idsAtOnce) }, (_, index) =>
    values.slice(index * idsAtOnce, (index + 1) * idsAtOnce),
  );
}

/** After a fault the API may need a moment more; one that never answers again is an error of the run. */
async function insist<Value>(ask: () => Promise<Value | null>): Promise<Value> {
  for (let attempt = 0; attempt < rereadTries; attempt += 1) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(pollMs);
  }
  throw new Error('the API does not answer any more');
}

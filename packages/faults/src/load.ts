/** The load: clients that keep the queue long enough, others that never pause; all send again what had no answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Origin } from '@tintype/testkit';
import type { ApiClient } from './api-client.ts';
import type { Following } from './following.ts';
import { freshFile, type Picture } from './pictures.ts';

export type LoadOptions = {
  client: ApiClient;
  following: Following;
  origin: Origin;
  pictures: readonly Picture[];
  /** Most clients hand in no more while so many jobs have not ended. */
  backlog: number;
};

export type Load = {
  /** Hands in nothing new; resolves when every client has its last answer, or has given up. */
  stop(): Promise<LoadTotals>;
};

export type LoadTotals = {
  /** Answered with 200 or 202, in the end. */
  accepted: number;
  /** Sent more than once. */
  sentAgain: number;
  /** Never accepted, with the reason: there is no reason to refuse these pictures. */
  refused: string[];
  /** From the first POST of a picture to its acceptance, at worst. */
  slowestAcceptanceMs: number;
};

const clientsForBacklog = 6;
/** They go on when no job ends any more, so that the API has requests during every fault. */
const steadyClients = 2;
const steadyPauseMs = 100;
/** Every third picture comes as an upload. */
const uploadEvery = 3;
/** How long a download is under way at least. */
const downloadMs = 150;
/** Pause before a request is sent again: clients in a hurry, whatever Retry-After says. */
const againMs = 200;
/** Longer than any fault, and than the seconds for which a key stays "in flight" once its process was killed. */
const giveUpMs = 90_000;

export function startLoad({ client, following, origin, pictures, backlog }: LoadOptions): Load {
  const totals: LoadTotals = { accepted: 0, sentAgain: 0, refused: [], slowestAcceptanceMs: 0 };
  let serial = 0;
  let stopped = false;

  const handIn = async (): Promise<void> => {
    const number = serial++;
    const picture = pictures[number % pictures.length];
    if (picture === undefined) throw new Error('a load needs pictures');
    const bytes = freshFile(picture, `load ${number}`);
    const path = `/${number}/${picture.name}`;
    const isUpload = number % uploadEvery === 0;
    if (!isUpload) origin.serve(path, bytes, { contentType: picture.contentType, pauseMs: downloadMs });
    const body = isUpload ? { file: bytes } : { url: origin.url(path) };
    const firstMs = Date.now();
    for (let tries = 1; ; tries += 1) {
      const submission = await client.submit(`load-${number}`, body);
      if (submission.kind === 'accepted') {
        totals.accepted += 1;
        totals.slowestAcceptanceMs = Math.max(totals.slowestAcceptanceMs, Date.now() - firstMs);
        following.accept(submission.id, picture.name);
        return;
      }
      if (submission.kind === 'refused') return void totals.refused.push(submission.reason);
      if (Date.now() - firstMs > giveUpMs) return void totals.refused.push(`not accepted in ${giveUpMs} ms`);
      if (tries === 1) totals.sentAgain += 1;
      await sleep(againMs);
    }
  };
  const keepBacklog = async (): Promise<void> => {
    while (!stopped) {
      if (following.pending() >= backlog) await sleep(5);
      else await handIn();
    }
  };
  const goOnSteadily = async (): Promise<void> => {
    while (!stopped) {
      await handIn();
      await sleep(steadyPauseMs);
    }
  };
  const working = Promise.all([
    ...Array.from({ length: clientsForBacklog }, keepBacklog),
    ...Array.from({ length: steadyClients }, goOnSteadily),
  ]);
  return {
    async stop() {
      stopped = true;
      await working;
      return totals;
    },
  };
}

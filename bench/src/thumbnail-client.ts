/** One picture through the API, from POST to completed, and the judgement whether what came is what was asked for. */
import type { Readable } from 'node:stream';
import { MatchAnswer, parse, Thumbnail, type UploadFields } from '@tintype/contracts';
import { Pool } from 'undici';
import { formOf } from './form.ts';
import type { Answer, PictureClient, Submission, Verdict } from './picture-client.ts';

export type ThumbnailClient = Required<PictureClient> & {
  make(url: string, options?: UploadFields): Promise<Answer>;
  /** The same for a file, given in pieces. */
  upload(file: readonly Buffer[]): Promise<Answer>;
  /** Sends a file and does not wait for its job. */
  handIn(file: readonly Buffer[]): Promise<Answer>;
  /** The colours alone: no thumbnail is made. */
  matchColours(url: string): Promise<Answer>;
};

/** Longest wait that the API agrees to, in seconds. */
const waitSeconds = 30;
const giveUpMs = 120_000;

/** A client with as many connections as there are callers at once; peers with an API like ours are asked by it too. */
export function createThumbnailClient(apiUrl: string, connections: number): ThumbnailClient {
  const pool = new Pool(apiUrl, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json' };
  const send = async (options: Ask): Promise<Submission> => {
    const startMs = performance.now();
    return { startMs, answer: await ask(pool, options) };
  };
  const submit = (url: string, query = '', options: UploadFields = {}): Promise<Submission> => {
    const body = JSON.stringify({ url, ...options });
    return send({ method: 'POST', path: `/v1/thumbnails${query}`, headers, body });
  };
  const submitFile = (file: readonly Buffer[], query = ''): Promise<Submission> =>
    send({ method: 'POST', path: `/v1/thumbnails${query}`, ...formOf(file) });
  const wait = async ({ startMs, answer: first }: Submission): Promise<Answer> => {
    let { location: _, ...answer } = first;
    while (first.location !== null && !answer.ended && performance.now() - startMs < giveUpMs) {
      const path = `${new URL(first.location, apiUrl).pathname}?wait=${waitSeconds}`;
      ({ location: _, ...answer } = await ask(pool, { method: 'GET', path }));
    }
    return { ...answer, ms: performance.now() - startMs };
  };
  const firstAnswer = ({ startMs, answer: { location: _, ...answer } }: Submission): Answer => {
    return { ...answer, ms: performance.now() - startMs };
  };
  const waiting = `?wait=${waitSeconds}`;
  return {
    make: async (url: string, options?: UploadFields) => wait(await submit(url, waiting, options)),
    submit: (url) => submit(url),
    wait,
    upload: async (file) => wait(await submitFile(file, waiting)),
    handIn: async (file) => firstAnswer(await submitFile(file)),
    matchColours: async (url) =>
      firstAnswer(await send({ method: 'GET', path: `/v1/colours/match?url=${encodeURIComponent(url)}` })),
    close: () => pool.close(),
  };
}

type Ask = { method: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string | Readable };

/** An answer about a job that goes on carries Retry-After; so does a refusal, which is an end for us. */
async function ask(pool: Pool, options: Ask): Promise<Submission['answer']> {
  try {
    const { statusCode, headers, body } = await pool.request(options);
    const location = typeof headers.location === 'string' ? headers.location : null;
    const ended = headers['retry-after'] === undefined || statusCode >= 400;
    return { httpStatus: statusCode, body: await body.text(), ended, location };
  } catch (err) {
    return { httpStatus: 0, body: String(err), ended: true, location: null };
  }
}

/** Holds an answer against the contract and against what was asked for, a square of 100 pixels. Never throws. */
export function judge(answer: Answer): Verdict {
  return judgeSquare(answer, 100);
}

/** The same for another size. */
export function judgeSquare(answer: Answer, side: number): Verdict {
  const failed = (failure: string): Verdict => ({ failure, cacheHit: false, timings: {} });
  const failure = transportFailure(answer);
  if (failure !== null) return failed(failure);
  const thumbnail = readThumbnail(answer.body);
  if (thumbnail === null) return failed('an answer against the contract');
  const { status, error, renditions, colours, cache, timings = {} } = thumbnail;
  if (status !== 'completed') return failed(error?.code ?? status);
  const [rendition] = renditions ?? [];
  const isAsAsked = rendition?.width === side && rendition.height === side && rendition.format === 'jpeg';
  if (!isAsAsked || !colours?.dominant) return failed('not the thumbnail that was asked for');
  return { failure: null, cacheHit: cache === 'hit', timings };
}

/** Null when there is an answer about a job that has ended. */
export function transportFailure({ httpStatus, body, ended }: Answer): string | null {
  if (httpStatus === 0 || httpStatus >= 400) return `HTTP ${httpStatus}: ${body.slice(0, 200)}`;
  return ended ? null : 'not completed in time';
}

function readThumbnail(body: string): Thumbnail | null {
  try {
    return parse(Thumbnail, JSON.parse(body));
  } catch {
    return null;
  }
}

/** Why an answer to `matchColours` is not what was asked for; null when it is. Never throws. */
export function judgeColours({ httpStatus, body }: Answer): string | null {
  if (httpStatus !== 200) return `HTTP ${httpStatus}: ${body.slice(0, 200)}`;
  try {
    return parse(MatchAnswer, JSON.parse(body)).colour === null ? 'no colour' : null;
  } catch {
    return 'an answer against the contract';
  }
}

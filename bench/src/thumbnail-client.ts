/** One picture through the API, from POST to completed, and the judgement whether what came is what was asked for. */
import { parse, Thumbnail } from '@tintype/contracts';
import { Pool } from 'undici';

/** The API's answer as it came; it is read after the run, so that reading costs the run nothing. */
export type Answer = {
  /** From before the request to after the last byte of the answer that says how the job ended. */
  ms: number;
  httpStatus: number;
  body: string;
  /** False when the job had not ended in time. */
  ended: boolean;
};

export type Verdict = {
  /** Null when the thumbnail is complete: 100 × 100, JPEG, with colours. */
  failure: string | null;
  cacheHit: boolean;
  /** Milliseconds by step, as the service took them itself. */
  timings: NonNullable<Thumbnail['timings']>;
};

export type ThumbnailClient = {
  /** POSTs and waits; asks again as long as the answer says that the job goes on. Never rejects. */
  make(url: string): Promise<Answer>;
  close(): Promise<void>;
};

/** Longest wait that the API agrees to, in seconds. */
const waitSeconds = 30;
const giveUpMs = 120_000;

/** A client with as many connections as there are callers at once. */
export function createThumbnailClient(apiUrl: string, connections: number): ThumbnailClient {
  const pool = new Pool(apiUrl, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json' };
  return {
    async make(url) {
      const startMs = performance.now();
      const body = JSON.stringify({ url });
      let answer = await ask(pool, { method: 'POST', path: `/v1/thumbnails?wait=${waitSeconds}`, headers, body });
      while (answer.location !== null && !answer.ended && performance.now() - startMs < giveUpMs) {
        const path = `${new URL(answer.location).pathname}?wait=${waitSeconds}`;
        answer = { ...(await ask(pool, { method: 'GET', path })), location: answer.location };
      }
      const { httpStatus, ended, body: text } = answer;
      return { ms: performance.now() - startMs, httpStatus, body: text, ended };
    },
    close: () => pool.close(),
  };
}

type Exchange = Omit<Answer, 'ms'> & { location: string | null };
type Ask = { method: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string };

/** An answer about a job that goes on carries Retry-After; so does a refusal, which is an end for us. */
async function ask(pool: Pool, options: Ask): Promise<Exchange> {
  try {
    const { statusCode, headers, body } = await pool.request(options);
    const location = typeof headers.location === 'string' ? headers.location : null;
    const ended = headers['retry-after'] === undefined || statusCode >= 400;
    return { httpStatus: statusCode, body: await body.text(), ended, location };
  } catch (err) {
    return { httpStatus: 0, body: String(err), ended: true, location: null };
  }
}

/** Holds an answer against the contract and against what was asked for. Never throws. */
export function judge({ httpStatus, body, ended }: Answer): Verdict {
  const failed = (failure: string): Verdict => ({ failure, cacheHit: false, timings: {} });
  if (httpStatus === 0 || httpStatus >= 400) return failed(`HTTP ${httpStatus}: ${body.slice(0, 200)}`);
  if (!ended) return failed('not completed in time');
  const thumbnail = readThumbnail(body);
  if (thumbnail === null) return failed('an answer against the contract');
  const { status, error, renditions, colours, cache, timings = {} } = thumbnail;
  if (status !== 'completed') return failed(error?.code ?? status);
  const [rendition] = renditions ?? [];
  const isAsAsked = rendition?.width === 100 && rendition.height === 100 && rendition.format === 'jpeg';
  if (!isAsAsked || !colours?.dominant) return failed('not the thumbnail that was asked for');
  return { failure: null, cacheHit: cache === 'hit', timings };
}

function readThumbnail(body: string): Thumbnail | null {
  try {
    return parse(Thumbnail, JSON.parse(body));
  } catch {
    return null;
  }
}

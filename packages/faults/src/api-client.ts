/** Calls the API as a client does, and keeps of every call when it was, how long it took and how it ended. */
import { fits, type ProblemCode, parse, Thumbnail, ThumbnailLookup } from '@tintype/contracts';

/** One call. `status` is 0 when there was no answer: refused, broken off, or none within `giveUpMs`. */
export type Exchange = { what: string; startedAtMs: number; endedAtMs: number; status: number; detail: string };

export type ApiClient = {
  /** POST with an `Idempotency-Key`: JSON, or a form with a file. */
  submit(key: string, body: { url: string } | { file: Buffer }): Promise<Submission>;
  /** The resources of those ids that exist; null when the API did not answer with them. */
  read(ids: readonly string[]): Promise<Thumbnail[] | null>;
  /** Whether the API says that there is no such thumbnail; null when it says nothing. */
  isMissing(id: string): Promise<boolean | null>;
  /** The bytes of the thumbnail; null when they did not come. */
  readFile(id: string): Promise<Buffer | null>;
  /** Every call so far, in the order in which they ended. */
  exchanges: readonly Exchange[];
};

export type Submission =
  | { kind: 'accepted'; id: string }
  /** No answer, 503, or a conflict with a first try that is still in flight: to be sent again. */
  | { kind: 'again' }
  | { kind: 'refused'; reason: string };

/** Longer than anything that the API promises. */
const giveUpMs = 15_000;

type Answer = { status: number; bytes: Buffer };

export function createApiClient(baseUrl: string): ApiClient {
  const exchanges: Exchange[] = [];
  const call = async (what: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const startedAtMs = Date.now();
    const note = (status: number, detail: string) =>
      void exchanges.push({ what, startedAtMs, endedAtMs: Date.now(), status, detail });
    try {
      const response = await fetch(`${baseUrl}${path}`, { ...init, signal: AbortSignal.timeout(giveUpMs) });
      const bytes = Buffer.from(await response.arrayBuffer());
      note(response.status, response.status < 400 ? '' : bytes.toString('utf8', 0, 300));
      return { status: response.status, bytes };
    } catch (err) {
      note(0, reasonOf(err));
      return { status: 0, bytes: Buffer.alloc(0) };
    }
  };
  const readOne = (id: string) => call('GET', `/v1/thumbnails/${id}`);
  return {
    exchanges,
    async submit(key, body) {
      const headers = { 'idempotency-key': key };
      const answer =
        'url' in body
          ? await call('POST url', '/v1/thumbnails', {
              method: 'POST',
              headers: { ...headers, 'content-type': 'application/json' },
              body: JSON.stringify(body),
            })
          : await call('POST file', '/v1/thumbnails', { method: 'POST', headers, body: formOf(body.file) });
      return submissionOf(answer);
    },
    async read(ids) {
      const [first, ...others] = ids;
      if (first === undefined) return [];
      if (others.length === 0) {
        const { status, bytes } = await readOne(first);
        return status === 404 ? [] : status === 200 ? [parse(Thumbnail, json(bytes))] : null;
      }
      const { status, bytes } = await call('GET many', `/v1/thumbnails?${ids.map((id) => `id=${id}`).join('&')}`);
      if (status !== 200) return null;
      // A record that cannot be read counts as missing.
      return parse(ThumbnailLookup, json(bytes)).data.filter((item) => fits(Thumbnail, item));
    },
    async isMissing(id) {
      const { status } = await readOne(id);
      return status === 200 ? false : status === 404 || status === 410 ? true : null;
    },
    async readFile(id) {
      const { status, bytes } = await call('GET file', `/v1/thumbnails/${id}/file`);
      return status === 200 ? bytes : null;
    },
  };
}

function formOf(file: Buffer): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(file)]), 'picture');
  return form;
}

const passing: readonly ProblemCode[] = ['idempotency_conflict', 'rate_limited'];

function submissionOf({ status, bytes }: Answer): Submission {
  if (status === 200 || status === 202) return { kind: 'accepted', id: parse(Thumbnail, json(bytes)).id };
  if (status === 0 || status >= 500) return { kind: 'again' };
  const text = bytes.toString();
  if (passing.some((code) => text.includes(`"${code}"`))) return { kind: 'again' };
  return { kind: 'refused', reason: `${status} ${text.slice(0, 200)}` };
}

function json(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}

function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  return err.cause instanceof Error ? `${err.message}: ${err.cause.message}` : err.message;
}

/** The calls of the API that an import makes, by HTTP. */
import { fits, type ItemWords, isFields, LibraryItem, LibraryItemList, ProblemDocument } from '@tintype/contracts';
import { Refused, Unreachable, UnreadableFile } from './refusals.ts';

/** `isRepeated`: another request with this key has made it. */
export type AddedItem = { item: LibraryItem; isRepeated: boolean };

export type LibraryClient = {
  /** The item of this picture as it is then; the same key and picture make it once. */
  add(picture: Blob, words: ItemWords & { name: string }, idempotencyKey: string): Promise<AddedItem>;
  /** The item that has this name. */
  named(name: string): Promise<LibraryItem | null>;
  one(id: string): Promise<LibraryItem | null>;
  /** A page, the newest first. */
  page(limit: number, cursor: string | null): Promise<LibraryItemList>;
  remove(id: string): Promise<void>;
};

export type LibraryClientOptions = {
  /** Where the API is. */
  url: string;
  key: string | undefined;
  /** Ends the calls that are under way. */
  signal: AbortSignal;
};

const path = '/v1/library/items';

/** Every method throws `Refused` and `Unreachable`, `add` also `UnreadableFile`, and the signal's reason. */
export function createLibraryClient({ url, key, signal }: LibraryClientOptions): LibraryClient {
  const headers = { accept: 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const answerTo = async (where: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${where}`, { ...init, headers: { ...headers, ...init.headers }, signal }).catch(
      (err) => {
        signal.throwIfAborted();
        throw isUnreadable(err) ? new UnreadableFile('It was changed while it was sent.') : unreachable(err);
      },
    );
    const body = await bodyOf(response, signal);
    if (response.ok) return { body, isRepeated: response.headers.get('idempotent-replayed') === 'true' };
    throw new Refused(response.status, fits(ProblemDocument, body) ? body : null, retryAfterOf(response));
  };
  const call = async (where: string, init?: RequestInit): Promise<unknown> => (await answerTo(where, init)).body;
  const listOf = async (query: Record<string, string>): Promise<LibraryItemList> => {
    const answer = await call(`${path}?${new URLSearchParams(query)}`);
    if (fits(LibraryItemList, answer)) return answer;
    throw noTintype(url);
  };
  return {
    async add(picture, { name, caption = '', tags = [] }, idempotencyKey) {
      const form = new FormData();
      form.set('name', name);
      if (caption !== '') form.set('caption', caption);
      if (tags.length > 0) form.set('tags', JSON.stringify(tags));
      form.set('file', picture, 'picture');
      const init = { method: 'POST', body: form, headers: { 'idempotency-key': idempotencyKey } };
      const { body, isRepeated } = await answerTo(path, init);
      return { item: itemIn(body, url), isRepeated };
    },
    async named(name) {
      return (await listOf({ name })).data[0] ?? null;
    },
    one: async (id) => nullIfGone(call(`${path}/${encodeURIComponent(id)}`).then((answer) => itemIn(answer, url))),
    page: (limit, cursor) => listOf({ limit: String(limit), ...(cursor !== null && { cursor }) }),
    async remove(id) {
      await nullIfGone(call(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE' }));
    },
  };
}

function itemIn(answer: unknown, url: string): LibraryItem {
  if (fits(LibraryItem, answer)) return answer;
  throw noTintype(url);
}

async function nullIfGone<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  return answer.catch((err) => {
    if (err instanceof Refused && (err.status === 404 || err.status === 410)) return null;
    throw err;
  });
}

/** Null for what is no JSON: a proxy's page, or nothing. */
async function bodyOf(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = await response.text().catch((err) => {
    signal.throwIfAborted();
    throw unreachable(err);
  });
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function noTintype(url: string): Refused {
  const detail = `What answers at ${url} is no Tintype, or one of another version.`;
  const problem = { type: 'about:blank', title: detail, status: 502, detail, code: 'no_tintype', retryable: false };
  return new Refused(502, problem, null);
}

/** In seconds, or as a time (RFC 9110, 10.2.3). */
function retryAfterOf({ headers }: Response): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function unreachable(err: unknown): Unreachable {
  return new Unreachable(reasonOf(err), { cause: err });
}

/** What a Blob of a file throws once the file is another one (W3C File API, 4.2). */
function isUnreadable(err: unknown): boolean {
  return isFields(err) && (err.name === 'NotReadableError' || isUnreadable(err.cause));
}

/** What fetch throws says "fetch failed", and why in its cause. */
function reasonOf(err: unknown): string {
  const cause = typeof err === 'object' && err !== null && 'cause' in err ? err.cause : err;
  if (typeof cause !== 'object' || cause === null) return 'no connection';
  const code = 'code' in cause ? String(cause.code) : '';
  const message = 'message' in cause ? String(cause.message) : '';
  return [code, message].find((text) => text !== '') ?? 'no connection';
}

/** A steady, light load of everything that clients do, of which each id is followed to the end that it should have. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { flatPng, isLongForm, type Origin, photograph, withMark } from '@tintype/testkit';
import { type Answer, formOf, watchCalls } from './watched-calls.ts';

/** How a thumbnail must end, as far as its resource tells. A job for colours alone has no rendition. */
export type End =
  | { status: 'completed'; rendition: { width: number; height: number; format: string } | null }
  | { status: 'failed'; code: string }
  | { status: 'cancelled' }
  | { status: 'gone'; blobs: string[] };

export type Followed = { id: string; what: string; end: End };

export type MixedLoad = {
  /** Where requests go, in turn. While there is nowhere to go they wait, as they would at a proxy. */
  aim(urls: string[]): void;
  /** Hands in nothing new; resolves when every client has its last answer. */
  stop(): Promise<void>;
  followed: readonly Followed[];
  /** Answers of 500 or more, but for 503: those come again. */
  serverErrors: readonly string[];
  /** What else was not as it should be, in words. */
  complaints: readonly string[];
  /** How many requests were made. */
  requests(): number;
};

type Client = {
  ask(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  follow(answer: Answer, what: string, end: End): string;
  complain(words: string): void;
  origin: Origin;
  /** A picture that was not there before. */
  picture(mark: string): Buffer;
  followed: readonly Followed[];
};

const clients = isLongForm ? 4 : 2;
const pauseMs = 40;
/** How long a slow source takes to send its second half. */
const slowMs = 1200;
/** How long clients are ready to wait for an end. */
const wait = 'wait=20';
const post = '/v1/thumbnails';
const own = (id: string) => `${post}/${id}`;

/** Of every kind one after the other, by several clients at once. */
export async function startMixedLoad(origin: Origin): Promise<MixedLoad> {
  const { call, serverErrors } = watchCalls({ followsWaits: false });
  const base = await photograph(320, 240, 71, 70);
  origin.serve('/known.jpg', base);
  const followed: Followed[] = [];
  const complaints: string[] = [];
  let targets = Promise.withResolvers<string[]>();
  let requests = 0;
  let stopped = false;
  const client: Client = {
    origin,
    followed,
    picture: (mark) => withMark(base, mark),
    complain: (words) => void complaints.push(words),
    async ask(method, path, options) {
      for (;;) {
        const urls = await targets.promise;
        requests += 1;
        const answer = await call(method, `${urls[requests % urls.length]}${path}`, options);
        // Version 0.1.0 turns requests away with 503 while it stops: nothing was taken, and they come again.
        if (answer.status !== 503) return answer;
        await sleep(pauseMs);
      }
    },
    follow(answer, what, end) {
      const id = String(answer.json.id);
      if (answer.status !== 200 && answer.status !== 202) complaints.push(`${what}: ${answer.status} ${answer.bytes}`);
      else followed.push({ id, what, end });
      return id;
    },
  };
  let serial = 0;
  const goOn = async (): Promise<void> => {
    while (!stopped) {
      const number = serial++;
      const [name, act] = acts[number % acts.length] ?? failHard();
      await act(client, number).catch((err) => complaints.push(`${name} ${number}: ${err} ${err.cause ?? ''}`));
      await sleep(pauseMs);
    }
  };
  const going = Array.from({ length: clients }, goOn);
  return {
    followed,
    get serverErrors() {
      return serverErrors.filter((line) => !line.includes(' → 503 '));
    },
    complaints,
    requests: () => requests,
    aim(urls) {
      if (urls.length > 0) targets.resolve(urls); // whoever waits
      targets = Promise.withResolvers();
      if (urls.length > 0) targets.resolve(urls);
    },
    async stop() {
      stopped = true;
      await Promise.all(going);
    },
  };
}

function failHard(): never {
  throw new Error('there is nothing to do');
}

type Act = (client: Client, number: number) => Promise<void>;

const completed = (width: number, height: number, format: string): End => ({
  status: 'completed',
  rendition: { width, height, format },
});
const jpeg = completed(100, 100, 'jpeg');

const byUrl: Act = async ({ ask, follow, origin, picture }, number) => {
  const path = `/by-url-${number}.jpg`;
  origin.serve(path, picture(path));
  const body = { url: origin.url(path), width: 40, height: 30, format: 'webp' };
  follow(await ask('POST', post, { body }), 'by URL', completed(40, 30, 'webp'));
};

const uploaded: Act = async ({ ask, follow, picture, complain }, number) => {
  const body = formOf(picture(`upload ${number}`), { fit: 'inside', width: '64', height: '64', format: 'png' });
  const answer = await ask('POST', `${post}?${wait}`, { body });
  const id = follow(answer, 'uploaded', completed(64, 48, 'png'));
  if (answer.status === 200) return;
  // The process that was asked has been stopped: its successor knows the id too.
  const later = await ask('GET', `${own(id)}?${wait}`);
  if (later.json.status !== 'completed') complain(`the wait for ${id} ended with ${later.status} ${later.bytes}`);
};

const knownPicture: Act = async ({ ask, follow, origin }) => {
  const answer = await ask('POST', `${post}?${wait}`, { body: { url: origin.url('/known.jpg') } });
  follow(answer, 'a known picture', jpeg);
};

const missing: Act = async ({ ask, follow, origin }, number) => {
  const body = { url: origin.url(`/status/404?n=${number}`) };
  follow(await ask('POST', post, { body }), 'missing', { status: 'failed', code: 'source_status' });
};

const noPicture: Act = async ({ ask, follow, origin }, number) => {
  const path = `/text-${number}`;
  origin.serve(path, Buffer.from(`no picture ${number}`));
  follow(await ask('POST', post, { body: { url: origin.url(path) } }), 'no picture', {
    status: 'failed',
    code: 'not_an_image',
  });
};

const busyAtFirst: Act = async ({ ask, follow, origin }, number) => {
  const body = { url: origin.url(`/status/503?times=1&n=${number}&then=/known.jpg`) };
  follow(await ask('POST', post, { body }), 'busy at first', jpeg);
};

const cancelled: Act = async ({ ask, follow, origin, complain }, number) => {
  const body = { url: origin.url(`/never?n=${number}`) };
  const id = follow(await ask('POST', post, { body }), 'cancelled', { status: 'cancelled' });
  await sleep(number % 2 === 0 ? 0 : 100);
  const answer = await ask('POST', `${own(id)}/cancel`);
  if (answer.json.status !== 'cancelled') complain(`a cancel was answered with ${answer.status} ${answer.bytes}`);
};

const retried: Act = async ({ ask, follow, origin, complain }, number) => {
  const body = { url: origin.url(`/status/404?times=1&n=${number}&then=/known.jpg`) };
  const id = follow(await ask('POST', post, { body }), 'retried', jpeg);
  for (let tries = 0; (await ask('GET', `${own(id)}?${wait}`)).json.status !== 'failed'; tries += 1) {
    if (tries > 10) return complain(`${id} does not fail`);
  }
  const answer = await ask('POST', `${own(id)}/retry`);
  if (answer.status !== 202) complain(`a retry was answered with ${answer.status} ${answer.bytes}`);
};

const matched: Act = async ({ ask, follow, origin, complain }, number) => {
  const hex = `#${(0x203040 + 257 * number).toString(16)}`;
  const path = `/flat-${number}.png`;
  origin.serve(path, await flatPng(hex, 32, 32), { contentType: 'image/png' });
  const answer = await ask('GET', `/v1/colours/match?url=${encodeURIComponent(origin.url(path))}`);
  if (answer.status === 202) follow(answer, 'matched', { status: 'completed', rendition: null });
  else if (!`${answer.bytes}`.includes(`"colour":{"hex":"${hex}"`))
    complain(`a match: ${answer.status} ${answer.bytes}`);
};

const deleted: Act = async ({ ask, follow, picture, complain }, number) => {
  const bytes = picture(`deleted ${number}`);
  const blobs = [createHash('sha256').update(bytes).digest('hex')];
  const query = number % 2 === 0 ? `?${wait}` : '';
  const id = follow(await ask('POST', `${post}${query}`, { body: formOf(bytes) }), 'deleted', {
    status: 'gone',
    blobs,
  });
  const answer = await ask('DELETE', own(id));
  if (answer.status !== 204) complain(`a DELETE was answered with ${answer.status} ${answer.bytes}`);
};

const shortLived: Act = async ({ ask, follow, picture }, number) => {
  const bytes = picture(`short-lived ${number}`);
  const blobs = [createHash('sha256').update(bytes).digest('hex')];
  const body = formOf(bytes, { expires_in_seconds: '2' });
  follow(await ask('POST', post, { body }), 'short-lived', { status: 'gone', blobs });
};

const shared: Act = async ({ ask, follow, origin, picture }, number) => {
  const path = `/popular-${number}.jpg`;
  origin.serve(path, picture(path), { pauseMs: slowMs });
  const ids = Array.from({ length: 5 }, () => ask('POST', post, { body: { url: origin.url(path) } }));
  for (const answer of await Promise.all(ids)) follow(answer, 'shared', jpeg);
};

const sentTwice: Act = async ({ ask, follow, origin, picture, complain }, number) => {
  const path = `/twice-${number}.jpg`;
  origin.serve(path, picture(path), { pauseMs: slowMs });
  const request = { body: { url: origin.url(path) }, headers: { 'idempotency-key': `twice-${number}` } };
  const id = follow(await ask('POST', `${post}?${wait}`, request), 'sent twice', jpeg);
  const again = await ask('POST', post, request);
  if (again.json.id !== id) complain(`sent twice: ${id}, and then ${again.status} ${again.bytes}`);
};

const lookedUp: Act = async ({ ask, followed, complain }, number) => {
  if (followed.length === 0) return;
  const some = [followed[(number * 7) % followed.length], followed.at(-1)].flatMap((one) => one?.id ?? []);
  const answers = [
    await ask('GET', `${post}?${some.map((id) => `id=${id}`).join('&')}`),
    await ask('GET', `${own(some[0] ?? '')}/timeline`),
    await ask('GET', `${own(some[0] ?? '')}/file`),
    await ask('GET', `${own(some[0] ?? '')}/colours`),
  ];
  const odd = answers.filter(({ status }) => ![200, 404, 409, 410].includes(status));
  for (const { status, bytes } of odd) complain(`a look-up was answered with ${status} ${bytes}`);
};

const acts: readonly (readonly [string, Act])[] = Object.entries({
  byUrl,
  uploaded,
  shortLived,
  missing,
  shared,
  knownPicture,
  cancelled,
  busyAtFirst,
  deleted,
  lookedUp,
  sentTwice,
  matched,
  noPicture,
  retried,
});

/** Sources that lie, stall, flood or break off, and callers that give up: each ends early, with its own problem. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { type Origin, startOrigin } from '@tintype/testkit';
import {
  createSafeFetch,
  type FetchedSource,
  parseAllowList,
  type SafeFetch,
  type SafeFetchSettings,
} from '../src/index.ts';

let origin: Origin;
const opened: SafeFetch[] = [];

beforeAll(async () => {
  origin = await startOrigin();
  origin.serve('/photo.jpg', Buffer.alloc(10_000, 'a'));
});
afterAll(() => Promise.all([origin.close(), ...opened.map((fetcher) => fetcher.close())]));

function fetcher(settings: Partial<SafeFetchSettings> = {}): SafeFetch {
  const allow = parseAllowList(`${origin.host}, pictures.test:${origin.port}`);
  const limits = { maxBytes: 2_000_000, timeoutMs: 5_000, userAgent: 'test' };
  const created = createSafeFetch({ allow, ports: [], ...limits, ...settings });
  opened.push(created);
  return created;
}

/** The problem of a fetch, whose words may not say where the source is. */
async function problemOf(fetched: Promise<FetchedSource>) {
  const error: unknown = await fetched.then(() => null).catch((thrown) => thrown);
  if (!(error instanceof Problem)) throw new Error('it ended without a Problem', { cause: error });
  const { name, code, message, retryable } = error;
  expect(message).not.toContain(origin.host);
  return { name, code, message, retryable };
}

const unreachable = { name: 'Problem', code: 'source_unreachable', retryable: true };
const timeout = { name: 'Problem', code: 'source_timeout', retryable: false };
const tooLarge = { name: 'Problem', code: 'source_too_large', retryable: false };

describe('size', () => {
  test('when Content-Length is above the cap, then the body is not waited for', async () => {
    const problem = await problemOf(fetcher({ maxBytes: 999_999 }).get(origin.url('/drip')));

    expect(problem).toEqual({ ...tooLarge, message: 'The host of the URL sends more bytes than are accepted.' });
  });

  test('when a body without length goes on, then it is cut off at the cap', async () => {
    expect(await problemOf(fetcher({ maxBytes: 100_000 }).get(origin.url('/endless')))).toMatchObject(tooLarge);
  });

  test('when a body is exactly as large as the cap, then it is taken; one byte less refuses it', async () => {
    const { bytes } = await fetcher({ maxBytes: 10_000 }).get(origin.url('/photo.jpg'));

    expect(bytes).toHaveLength(10_000);
    expect(await problemOf(fetcher({ maxBytes: 9_999 }).get(origin.url('/photo.jpg')))).toMatchObject(tooLarge);
  });

  test('when the body of an error is endless, then the status is the answer all the same', async () => {
    expect(await problemOf(fetcher().get(origin.url('/endless?status=500')))).toMatchObject({
      code: 'source_status',
      message: 'The source answered 500.',
    });
  });
});

describe('broken connections', () => {
  test('when a body ends before its Content-Length, then the source broke off', async () => {
    const problem = await problemOf(fetcher().get(origin.url('/lies-short')));

    expect(problem).toEqual({ ...unreachable, message: 'The host of the URL broke off the connection.' });
  });

  test('when a body is longer than its Content-Length, then what was announced is taken and the rest harms no one', async () => {
    const own = fetcher();

    expect((await own.get(origin.url('/lies-long'))).bytes).toHaveLength(100);
    expect((await own.get(origin.url('/photo.jpg'))).bytes).toHaveLength(10_000);
  });

  test('when the connection is reset, before the answer or in it, then the source broke off', async () => {
    for (const path of ['/reset', '/reset?after=100']) {
      expect(await problemOf(fetcher().get(origin.url(path)))).toMatchObject(unreachable);
    }
  });

  test('when nothing listens, then the source refused', async () => {
    const gone = await startOrigin();
    await gone.close();
    const problem = await problemOf(fetcher({ allow: parseAllowList(gone.host) }).get(gone.url('/')));

    expect(problem).toEqual({ ...unreachable, message: 'The host of the URL refused the connection.' });
  });

  test('when a name is unknown, then the source has no address', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
    const problem = await problemOf(fetcher({ lookup }).get(`http://pictures.test:${origin.port}/`));

    expect(problem).toEqual({ ...unreachable, message: 'pictures.test has no address.' });
  });

  test('when the answer is no HTTP, then it is no use to try again', async () => {
    const problem = await problemOf(fetcher().get(origin.url('/garbage')));

    expect(problem).toMatchObject({ message: 'The host of the URL does not speak proper HTTP.', retryable: false });
  });

  test('when https is asked of a server that speaks http, then it is no use to try again', async () => {
    const problem = await problemOf(fetcher().get(`https://${origin.host}/`));

    expect(problem).toMatchObject({ code: 'source_unreachable', retryable: false });
  });
});

describe('time', () => {
  test('when a name is never resolved, then the connect time ends it', async () => {
    const silent = fetcher({ connectTimeoutMs: 50, lookup: () => new Promise(() => undefined) });
    const problem = await problemOf(silent.get(`http://pictures.test:${origin.port}/`));

    expect(problem).toEqual({ ...timeout, message: 'pictures.test could not be connected to in time.' });
  });

  test('when no head comes, or comes byte by byte, then the headers time ends it', async () => {
    const hasty = fetcher({ headersTimeoutMs: 100 });
    const message = 'The host of the URL did not answer in time.';

    expect(await problemOf(hasty.get(origin.url('/never')))).toEqual({ ...timeout, message });
    expect(await problemOf(hasty.get(origin.url('/slow-headers?ms=10')))).toEqual({ ...timeout, message });
  });

  test('when a body falls silent, then the idle time ends it', async () => {
    const problem = await problemOf(fetcher({ idleTimeoutMs: 100 }).get(origin.url('/drip?ms=5&bytes=3')));

    expect(problem).toEqual({ ...timeout, message: 'The host of the URL stopped sending.' });
  });

  test('when a body drips but never stops, then the total time ends it', async () => {
    const problem = await problemOf(fetcher({ timeoutMs: 800, idleTimeoutMs: 300 }).get(origin.url('/drip?ms=5')));

    expect(problem).toEqual({ ...timeout, message: 'The host of the URL used up its whole time.' });
  });

  test('when redirects use up the total time together, then it ends them', async () => {
    const slow = fetcher({ timeoutMs: 150 });
    const problem = await problemOf(slow.get(origin.url(`/redirect?to=${encodeURIComponent('/never')}`)));

    expect(problem).toMatchObject({ ...timeout, message: 'The redirect target of the URL used up its whole time.' });
  });
});

describe('callers that give up', () => {
  const reason = new Error('cancelled by its owner');

  test('when the signal was aborted before, then nothing is sent and its reason is thrown', async () => {
    await expect(fetcher().get(origin.url('/untouched'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(origin.requests('/untouched')).toBe(0);
  });

  test('when it is aborted while connecting, then its reason is thrown at once', async () => {
    const controller = new AbortController();
    const lookup = () => {
      controller.abort(reason);
      return new Promise<never>(() => undefined);
    };
    const pending = fetcher({ connectTimeoutMs: 100, lookup }).get(`http://pictures.test:${origin.port}/`, {
      signal: controller.signal,
    });

    await expect(pending).rejects.toBe(reason);
  });

  test.each(['/never', '/drip?ms=5', '/endless'])(
    'when it is aborted during %s, then its reason is thrown and the connection is closed',
    async (path) => {
      const own = await startOrigin();
      const controller = new AbortController();
      const withLargeLimit = fetcher({ allow: parseAllowList(own.host), maxBytes: 2 ** 30 });
      const pending = withLargeLimit.get(own.url(path), { signal: controller.signal });
      while (own.requests(path) === 0) await new Promise(setImmediate);
      controller.abort(reason);

      await expect(pending).rejects.toBe(reason);
      while (own.openConnections() > 0) await new Promise(setImmediate);
      await own.close();
    },
  );

  test('when the fetcher is closed, then running fetches end as unreachable', async () => {
    const own = fetcher();
    const pending = problemOf(own.get(origin.url('/never?close')));
    while (origin.requests('/never?close') === 0) await new Promise(setImmediate);
    await own.close();

    expect(await pending).toMatchObject(unreachable);
    expect(await problemOf(own.get(origin.url('/photo.jpg')))).toMatchObject(unreachable);
  });
});

describe('many small things at once', () => {
  test('when a source sends a million chunks of a byte, then all of them are kept', async () => {
    const { bytes } = await fetcher().get(origin.url('/small-chunks'));
    expect(bytes).toHaveLength(1_000_006);
  });

  test('when provisional answers do not end, then the source is given up', async () => {
    expect(await problemOf(fetcher().get(origin.url('/endless-continues')))).toMatchObject(unreachable);
  });

  test('when a few provisional answers come first, then the answer is taken', async () => {
    const { bytes } = await fetcher().get(origin.url('/continues?count=20&then=/photo.jpg'));
    expect(bytes).toHaveLength(10_000);
  });
});

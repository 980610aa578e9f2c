/** Names that do not exist and names that lead inside fail alike for who may not tell them apart. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { type Canary, type Origin, startCanary, startOrigin } from '@tintype/testkit';
import { createSafeFetch, parseAllowList, type SafeFetch } from '../src/index.ts';
import { createStrangerLookup } from '../src/lookup.ts';
import { type NameServer, startNameServer, typeA, typeAaaa } from './name-server.ts';

let canary: Canary;
let origin: Origin;
let names: NameServer;
let fetcher: SafeFetch;
beforeAll(async () => {
  canary = await startCanary();
  origin = await startOrigin();
  names = await startNameServer({
    'inner.test': { [typeA]: [10, 0, 0, 1] },
    'loopback.test': { [typeA]: [127, 0, 0, 1] },
    'inner-six.test': { [typeAaaa]: [0xfd, ...Array(14).fill(0), 1] },
    'mixed.test': { [typeA]: [10, 0, 0, 1], [typeAaaa]: [0x26, 6, 0x47, 0, ...Array(11).fill(0), 1] },
    'empty.test': {},
  });
  fetcher = createSafeFetch({
    allow: parseAllowList(`${origin.host},192.0.2.0/24`),
    ports: [canary.port],
    maxBytes: 1_000,
    timeoutMs: 60_000,
    userAgent: 'test',
    lookup: createStrangerLookup({ hostsFile: false, servers: [names.address] }),
  });
});
afterAll(() => Promise.all([fetcher.close(), canary.close(), origin.close(), names.close()]));

/** The problem as a job's record keeps it, with the name taken out. */
async function recordOf(url: string, name: string, hidesNames = true): Promise<string> {
  const problem = await fetcher.get(url, { hidesNames }).catch((err: unknown) => err);
  if (!(problem instanceof Problem)) throw problem;
  return problem.toRecord().replaceAll(name, '<name>');
}

const missing = ['missing.test', 'empty.test', `${'x'.repeat(64)}.test`];
const inside = ['inner.test', 'loopback.test', 'inner-six.test', 'mixed.test', 'anything.localhost'];

describe.each(['canary’s', 'unlisted'])('on the %s port', (which) => {
  const portOf = () => (which === 'unlisted' ? 81 : canary.port);

  test.each([...missing, ...inside])('when the name is %s, then it has no address, like all others', async (name) => {
    expect(JSON.parse(await recordOf(`http://${name}:${portOf()}/`, name))).toEqual({
      code: 'source_unreachable',
      detail: '<name> has no address that may be fetched from.',
      retryable: false,
    });
  });

  test('when a redirect leads to them, then each of them is told of in the same words', async () => {
    const records = new Set<string>();
    for (const name of [...missing, ...inside, 'localhost']) {
      const to = encodeURIComponent(`http://${name}:${portOf()}/`);
      records.add(await recordOf(origin.url(`/redirect?to=${to}`), name));
    }
    expect([...records].map((record) => JSON.parse(record))).toEqual([
      {
        code: 'source_unreachable',
        detail: 'The redirect target of the URL has no address that may be fetched from.',
        retryable: false,
      },
    ]);
    expect(canary.touches()).toBe(0);
  });
});

test('when it is an address or localhost, or names need not be hidden, then the problem says what is wrong', async () => {
  const codeOf = async (host: string, hidesNames: boolean) =>
    JSON.parse(await recordOf(`http://${host}:${canary.port}/`, host, hidesNames)).code;
  expect(await codeOf('127.0.0.1', true)).toBe('source_forbidden_address');
  expect(await codeOf('localhost', true)).toBe('source_forbidden_address');
  expect(JSON.parse(await recordOf(`http://localhost:${canary.port}/`, 'localhost')).detail).toBe(
    `<name> leads to an address or port that is not allowed. Who runs this service may allow it with FETCH_ALLOW=<name>:${canary.port}.`,
  );
  expect(await codeOf('inner.test', false)).toBe('source_forbidden_address');
  expect(await recordOf(`http://missing.test:${canary.port}/`, 'missing.test', false)).toBe(
    '{"code":"source_unreachable","detail":"<name> has no address.","retryable":true}',
  );
});

test('when a name server has trouble, then that is told, and tried again', async () => {
  expect(JSON.parse(await recordOf(`http://broken.test:${canary.port}/`, 'broken.test'))).toMatchObject({
    detail: '<name> could not be reached.',
    retryable: true,
  });
});

test('when a name is hidden, then the cause still says for the log what it was', async () => {
  const causeOf = async (name: string) => {
    const problem = await fetcher.get(`http://${name}:${canary.port}/`, { hidesNames: true }).catch((err) => err);
    return problem.cause?.code;
  };
  expect([await causeOf('inner.test'), await causeOf('missing.test')]).toEqual(['forbidden', 'ENOTFOUND']);
});

/** However an inner address is written, resolved or redirected to, a real server there is never touched. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Canary, type Origin, startCanary, startOrigin } from '@tintype/testkit';
import { judgePeer } from '../src/connect.ts';
import { createSafeFetch, type Lookup, parseAllowList, type SafeFetch } from '../src/index.ts';

let canary: Canary;
let origin: Origin;
const opened: SafeFetch[] = [];

beforeAll(async () => {
  canary = await startCanary();
  origin = await startOrigin();
});
afterAll(() => Promise.all([canary.close(), origin.close(), ...opened.map((fetcher) => fetcher.close())]));

/** The canary's port is open: only the address guard stands before it. */
function fetcher(allow: string, lookup?: Lookup, connectTimeoutMs = 60_000): SafeFetch {
  const created = createSafeFetch({
    allow: parseAllowList(allow),
    ports: [canary.port],
    maxBytes: 1_000,
    timeoutMs: 60_000,
    connectTimeoutMs,
    userAgent: 'test',
    ...(lookup ? { lookup } : {}),
  });
  opened.push(created);
  return created;
}

const resolvesTo =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const forbidden = { code: 'source_forbidden_address', retryable: false };

const hosts = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '2130706433',
  '4294967295',
  '0x7f000001',
  '0x7f.1',
  '0X7F.0.0.0x1',
  '0177.0.0.1',
  '017700000001',
  '00000177.1',
  '127.0.0.1',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '172.16.0.1',
  '192.168.0.1',
  '255.255.255.255',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
  '[2a00:1450:4001:801:0:5efe:7f00:1]',
  '[2a00:1450:4001:801:200:5efe:7f00:1]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'anything.localhost',
];

describe('literals and local names', () => {
  test.each(hosts)('when the host is %s, then it is refused and the canary is not touched', async (host) => {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${canary.port}/`;
      const error = await fetcher('')
        .get(url)
        .catch((thrown) => thrown);

      expect(error).toMatchObject(forbidden);
      // Of addresses there is only the one that the caller wrote.
      const [told, next] = error.message.split(' Who runs this service may allow it with ');
      expect(told).not.toMatch(/\d+\.\d+|::/);
      expect(next).toBe(`FETCH_ALLOW=${new URL(url).host}.`);
    }
    expect(canary.touches()).toBe(0);
  });

  test.each(hosts)('when a redirect leads to %s, then it is refused and the canary is not touched', async (host) => {
    const to = encodeURIComponent(`http://${host}:${canary.port}/`);

    await expect(fetcher(origin.host).get(origin.url(`/redirect?to=${to}`))).rejects.toMatchObject({
      ...forbidden,
      message: 'The redirect target of the URL leads to an address or port that is not allowed.',
    });
    expect(canary.touches()).toBe(0);
  });
});

describe('resolved names', () => {
  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
    ['0.0.0.0'],
    ['192.0.2.1', '127.0.0.1'],
    ['fe80::1%lo'],
  ])('when a name resolves to %s %s, then it is refused and the canary is not touched', async (...addresses) => {
    const stranger = fetcher('192.0.2.1/32', resolvesTo(...addresses.filter((address) => address !== undefined)));

    await expect(stranger.get(`http://pictures.test:${canary.port}/`)).rejects.toMatchObject({
      ...forbidden,
      message: `pictures.test leads to an address or port that is not allowed. Who runs this service may allow it with FETCH_ALLOW=pictures.test:${canary.port}.`,
    });
    expect(canary.touches()).toBe(0);
  });

  test('when a name rebinds from a permitted address to loopback, then only the first was ever tried', async () => {
    const answers = ['192.0.2.1', '127.0.0.1', '127.0.0.1'];
    let lookups = 0;
    const rebinding: Lookup = (hostname) => resolvesTo(answers[lookups++] ?? '127.0.0.1')(hostname);
    const stranger = fetcher('192.0.2.1/32', rebinding, 150);
    const url = `http://rebinding.test:${canary.port}/`;

    // 192.0.2.1 (documentation, RFC 5737) is no one: the connection fails, but is not tried elsewhere.
    const first = await stranger.get(url).catch((error) => error);
    expect(['source_timeout', 'source_unreachable']).toContain(first.code);
    expect(lookups).toBe(1);
    await expect(stranger.get(url)).rejects.toMatchObject(forbidden);
    expect(canary.touches()).toBe(0);
  });

  test('when a name resolves to nothing, then it is unreachable', async () => {
    await expect(fetcher('', resolvesTo()).get(`http://empty.test:${canary.port}/`)).rejects.toMatchObject({
      code: 'source_unreachable',
      message: 'empty.test has no address.',
    });
  });
});

describe('connected peers', () => {
  const never = () => false;

  test('when the peer is not permitted, then the connection is forbidden', () => {
    expect(judgePeer({ remoteAddress: '127.0.0.1' }, never)).toMatchObject({ code: 'forbidden' });
    expect(judgePeer({ remoteAddress: '93.184.216.34' }, () => true)).toBeNull();
  });

  test('when the peer has gone already, then the connection broke off', () => {
    expect(judgePeer({ remoteAddress: undefined }, () => true)).toMatchObject({ code: 'broke_off' });
  });
});

describe('ports, schemes and entries of the allow list', () => {
  test('when a port is not listed, then it is refused before the name is resolved', async () => {
    let lookups = 0;
    const counting: Lookup = async () => {
      lookups++;
      return [];
    };
    await expect(fetcher('', counting).get('http://pictures.test:22/')).rejects.toMatchObject(forbidden);
    await expect(fetcher('', counting).get('http://pictures.test/')).rejects.toMatchObject(forbidden);
    expect(lookups).toBe(0);
  });

  test('when a range is allowed, then public addresses still need a listed port', async () => {
    const stranger = fetcher('127.0.0.0/8', resolvesTo('93.184.216.34'));

    await expect(stranger.get('http://pictures.test:22/')).rejects.toMatchObject(forbidden);
    await expect(stranger.get('http://93.184.216.34:22/')).rejects.toMatchObject(forbidden);
  });

  test('when host:port is allowed, then the same address by another name or on another port is not', async () => {
    const own = fetcher(origin.host, resolvesTo('127.0.0.1'));

    await expect(own.get(`http://pictures.test:${origin.port}/`)).rejects.toMatchObject(forbidden);
    await expect(own.get(`http://127.0.0.1:${canary.port}/`)).rejects.toMatchObject(forbidden);
    await expect(own.get(`http://127.0.0.2:${origin.port}/`)).rejects.toMatchObject(forbidden);
    expect(canary.touches()).toBe(0);
  });

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:image/png;base64,AA==', 'gopher://127.0.0.1:1/'])(
    'when the URL or a redirect is %s, then it is refused',
    async (url) => {
      await expect(fetcher('').get(url)).rejects.toMatchObject(forbidden);
      const redirect = origin.url(`/redirect?to=${encodeURIComponent(url)}`);
      await expect(fetcher(origin.host).get(redirect)).rejects.toMatchObject(forbidden);
    },
  );

  test('when the canary itself is allowed, then it is touched: the tests above could have failed', async () => {
    const ranged = fetcher('127.0.0.0/8');
    const named = fetcher(`pictures.test:${canary.port}`, resolvesTo('127.0.0.1'));

    const answers = await Promise.all([
      ranged.get(`http://0x7f.1:${canary.port}/`),
      ranged.get(`http://localhost:${canary.port}/`),
      named.get(`http://pictures.test:${canary.port}/`),
    ]);

    expect(answers.map(({ bytes }) => bytes.toString())).toEqual(['touched', 'touched', 'touched']);
    expect(canary.touches()).toBe(3);
  });
});

/** Origins that may be spoken to, and should not have been: slow, endless, lying, broken. */
import { forbidden, type HostileSource, type Places, type SourceClass } from './hostile-source.ts';

const passes: HostileSource['right'] = ['passes'];
const status: HostileSource['right'] = ['source_status'];
const brokeOff: HostileSource['right'] = ['source_unreachable'];
const tooSlow: HostileSource['right'] = ['source_timeout'];
const tooLarge: HostileSource['right'] = ['source_too_large'];
const notPicture: HostileSource['right'] = ['not_an_image'];

/** Where `sourceAttacks` puts a good picture. */
export const goodPath = '/good.jpg';

type Row = readonly [name: string, path: string, right: HostileSource['right'], isSlow?: boolean];

const redirects: readonly Row[] = [
  ['a loop of redirects', '/loop', status],
  ['a redirect to itself with another query each time', '/redirect?to=/loop', status],
  ['a redirect without Location', '/redirect', status],
  ['a redirect to nothing readable', '/redirect?to=http%3A%2F%2F%5B', status],
  ['a redirect to a good picture', `/redirect?to=${goodPath}`, passes],
  ['a redirect with a long Location', `/redirect?to=${encodeURIComponent(`${goodPath}?${'a'.repeat(5_000)}`)}`, passes],
  ['a 300 without meaning', '/status/300', status],
  ['a 304 that nobody asked for', '/status/304', status],
];

const statuses: readonly Row[] = [
  ...[204, 206, 226, 400, 401, 403, 404, 407, 410, 418, 451, 499].map(
    (code): Row => [`status ${code}`, `/status/${code}`, status],
  ),
  ...[500, 503, 599].map((code): Row => [`status ${code}`, `/status/${code}`, status, true]),
  ['429 with a Retry-After of a second', '/status/429?retry-after=1', status, true],
  ['503 with a Retry-After that is no number', '/status/503?retry-after=never', status, true],
  ['503 once, then the picture', `/status/503?times=1&then=${goodPath}`, passes],
];

const bodies: readonly Row[] = [
  ['an endless body', '/endless', tooLarge],
  ['an endless body of a 500', '/endless?status=500', status, true],
  ['an endless body of a 404', '/endless?status=404', status],
  ['a Content-Length of 30 MB', '/announces?bytes=30000000', tooLarge],
  ['a Content-Length of 2⁵³', '/announces?bytes=9007199254740993', [...tooLarge, ...brokeOff]],
  ['a Content-Length below zero', '/announces?bytes=-1', brokeOff],
  ['two Content-Lengths', '/two-lengths', brokeOff],
  ['a Content-Length and chunks', '/length-and-chunks', [...brokeOff, ...notPicture]],
  ['chunks whose size is no number', '/bad-chunks', brokeOff],
  ['chunks with megabytes of extensions', '/chunk-extensions', [...brokeOff, ...tooSlow, ...tooLarge], true],
  ['a million chunks of a byte', '/small-chunks', ['corrupt_image']],
  ...Array.from(
    { length: 10 },
    (_, i): Row => [
      `two million chunks of a byte, ${i + 1} of 10 at once`,
      `/small-chunks?count=2000000&${i}`,
      ['corrupt_image'],
      true,
    ],
  ),
  ['fewer bytes than announced', '/lies-short', brokeOff, true],
  ['more bytes than announced', '/lies-long', notPicture],
  ['an empty body', '/empty', notPicture],
  ['gzip that nobody asked for', '/gzip', notPicture],
  ['a gzip bomb', '/gzip-bomb', tooLarge],
  ['a reset at once', '/reset', brokeOff, true],
  ['a reset in the middle', '/reset?after=100', brokeOff, true],
];

const heads: readonly Row[] = [
  ['no answer', '/never', tooSlow, true],
  ['a head that drips', '/slow-headers', tooSlow, true],
  ['another protocol', '/garbage', brokeOff],
  ['500 headers', `/headers?count=500&then=${goodPath}`, [...passes, ...brokeOff]],
  ['a header of 1 MB', '/headers?bytes=1000000', brokeOff],
  ['headers without end', '/endless-headers', [...brokeOff, ...tooSlow]],
  ['20 provisional answers', `/continues?count=20&then=${goodPath}`, passes],
  ['100 provisional answers', `/continues?count=100&then=${goodPath}`, brokeOff],
  ['provisional answers without end', '/endless-continues', brokeOff, true],
  ['an upgrade that nobody asked for', '/upgrades', [...brokeOff, ...status]],
  ['null bytes in a header', '/null-header', brokeOff],
  ['HTTP/0.9', '/old', [...brokeOff, ...notPicture]],
];

const slowBodies: readonly Row[] = [
  ['a byte a second', '/drip', tooSlow, true],
  ['a few bytes, then nothing', '/drip?ms=10&bytes=3', tooSlow, true],
  ['a byte every ten milliseconds', '/drip?ms=10', tooSlow, true],
];

const types: readonly Row[] = [
  ['a picture that says it is HTML', '/as-html', passes],
  ['a picture that says nothing', '/as-nothing', passes],
  ['HTML that says it is a picture', '/html-as-jpeg', notPicture],
  ['a picture with cookies and a policy', '/with-cookies', passes],
  ['a picture with a name of another', '/named', passes],
];

export function badOrigins({ originHost, canaryPort }: Places): SourceClass[] {
  const of = (name: string, rows: readonly Row[]): SourceClass => ({
    name,
    cases: rows.map(([caseName, path, right, isSlow = false]) => ({
      name: caseName,
      url: `http://${originHost}${path}`,
      right,
      isSlow,
    })),
  });
  return [
    of('redirects', redirects),
    of('statuses', statuses),
    of('bodies', bodies),
    of('heads', heads),
    of('slow bodies', slowBodies),
    of('content types', types),
    {
      name: 'plain text where TLS is due',
      cases: [
        { name: 'https to the origin', url: `https://${originHost}/`, right: brokeOff },
        { name: 'https to the canary', url: `https://127.0.0.1:${canaryPort}/`, right: forbidden },
      ],
    },
  ];
}

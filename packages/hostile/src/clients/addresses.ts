/** Targets, ids and queries that no client of ours would ask for. */
import { type ClientClass, get, type HostileClient } from './hostile-client.ts';

const refused = [400, 404, 414, 422, 431] as const;
const id = '0198f3a0-0000-7000-8000-000000000000';

const ids = [
  '..',
  '../..',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f',
  '....//',
  '__proto__',
  'constructor',
  'toString',
  '%00',
  `${id}%00`,
  `${id}%0d%0aset-cookie:%20a=b`,
  `${id}%20`,
  id.toUpperCase(),
  id.replaceAll('-', ''),
  '0',
  '-1',
  'null',
  'undefined',
  '*',
  '%7Btintype:0%7D:expiry',
  '%27%20or%201=1--',
  '%24%7B7*7%7D',
  '%3Cscript%3E',
  '%F0%9F%92%A9',
  'a'.repeat(99),
  'a'.repeat(5_000),
];

const broken = [
  '/%',
  '/%zz',
  '/%c0%af',
  '/%ff',
  '/v1/thumbnails/%',
  '/v1/thumbnails/%c0%ae%c0%ae',
  '/v1/thumbnails/%u0041',
  '//',
  '///etc/passwd',
  '/../../etc/passwd',
  '/..%5c..%5cwindows',
  '/.env',
  '/.git/config',
  '/v1/../v1/thumbnails',
  '/v1/thumbnails/;x=1',
  '/v1/thumbnails//',
  '/docs/../../package.json',
  '/docs/static/..%2f..%2fpackage.json',
  '/docs/static/%2e%2e/%2e%2e/package.json',
  '/samples/..%2f..%2fpackage.json',
  '/samples/__proto__',
  '/samples/%00',
  '/metrics/../health',
  '/v1/palettes/__proto__',
  '/v1/palettes/constructor',
  '/v1/palettes/hasOwnProperty',
  '/v1/palettes/..%2f..',
  '/v1/palettes/%00',
  '/openapi.json%00',
  `/${'a/'.repeat(3_000)}`,
];

/** The second is the first page, which leads to the documentation. */
const alsoAnswered: Record<string, number[]> = { '/v1/../v1/thumbnails': [200], '//': [302] };

const queries = [
  'id=',
  'id=x',
  'id[]=x',
  'id[a]=b',
  'id=x&id=y',
  Array.from({ length: 101 }, () => `id=${id}`).join('&'),
  '__proto__[x]=1',
  '__proto__=1&id=x',
  `id=${id}&wait=-1`,
  `id=${id}&wait=NaN`,
  `id=${id}&wait=1e9`,
  `id=${id}&wait=1&wait=2`,
  `id=${id}&wait=${'9'.repeat(400)}`,
  `id=${id}&include=__proto__`,
  `id=${id}&include=base64&include=base64`,
  `id=${'a'.repeat(7_000)}`,
  'id=%',
  'id=%ff%fe',
  'id=%00',
  Array.from({ length: 900 }, (_, i) => `a${i}=1`).join('&'),
  `id=x${'&'.repeat(15_000)}`,
  `id=x&${'a&'.repeat(7_500)}`,
  `id=${id}${'&id=x'.repeat(3_000)}`,
  `id=${'%41'.repeat(5_000)}`,
];

const matches = [
  '',
  'hex=',
  'hex=x',
  'hex=%00',
  `hex=${Array.from({ length: 1_000 }, () => '000000').join(',')}`,
  'hex=000000&url=http://127.0.0.1/',
  'hex=000000&count=1e9',
  'hex=000000&count=-1',
  'hex=000000&count=0.5',
  'hex=000000&tolerance=-1',
  'hex=000000&tolerance=Infinity',
  'hex=000000&metric=__proto__',
  'hex=000000&palette=__proto__',
  'hex=000000&palette=constructor',
  'hex=000000&palette=..%2f..',
  'hex=000000&metric=a&metric=b',
  'url=javascript:alert(1)',
  'url=',
  'url=http://[',
  'url=x&url=y',
];

const source = 'url=http://a.invalid/a.jpg';
const pictureLinks = [
  '',
  'url=',
  'url=x',
  'url=javascript:alert(1)',
  'url=file:///etc/passwd',
  'url=http://127.0.0.1/',
  'url=http://[::ffff:10.0.0.1]/',
  'url=http://169.254.169.254/latest/meta-data',
  'url=http://user:word@a.invalid/',
  `${source}&${source}`,
  `${source}&width=1&width=2`,
  `${source}&width=-1`,
  `${source}&width=1e9`,
  `${source}&__proto__=1`,
  `${source}&constructor.x=1`,
  `${source}&fallback=%00`,
  `${source}&fallback=__proto__`,
  `${source}&crop=%7B%22x%22:`,
  `${source}&crop.x=NaN`,
  `${source}&crop.__proto__=1`,
  `${source}&watermark=..%2f..%2fetc%2fpasswd`,
  `${source}&watermark=__proto__`,
  `${source}&watermark=${'0'.repeat(64)}`,
  `${source}&watermark.sha256=${'0'.repeat(64)}`,
  `${source}&watermark=%7B%22name%22:%22a%22,%22scale%22:1e9%7D`,
  `${source}&watermark=a&watermark.opacity=NaN`,
  `${source}&watermark=a&watermark.position=%7B%22x%22:-1,%22y%22:2%7D`,
  `${source}&sizes=[%7B%22name%22:%22a%22%7D]`,
  `${source}&priority=high`,
  `${source}&key=`,
  `${source}&sig=`,
  `${source}&key=0123456789abcdef&sig=${'A'.repeat(43)}`,
  `${source}&key=0123456789abcdef&sig=${'A'.repeat(9_000)}`,
  `${source}&key=..%2f..&sig=x`,
  `${source}&key=%00&sig=%00`,
  `${source}&key=x&key=y&sig=z`,
  `${source}&exp=9e99`,
  `${source}&exp=-1&key=0123456789abcdef&sig=x`,
  `url=http://a.invalid/${'a'.repeat(9_000)}`,
];

const conditions: readonly [string, string][] = [
  ['a thousand ranges', `range: bytes=${Array.from({ length: 1_000 }, (_, i) => `${i}-${i}`).join(',')}`],
  ['a range below zero', `range: bytes=-${'9'.repeat(30)}`],
  ['a range backwards', 'range: bytes=9-1'],
  ['a range of another unit', 'range: lines=1-2'],
  ['a range of garbage', 'range: bytes=\x01\x02-'],
  ['a thousand tags', `if-none-match: ${Array.from({ length: 1_000 }, (_, i) => `"${i}"`).join(', ')}`],
  ['a date that is none', 'if-modified-since: never'],
  ['an Accept of garbage', 'accept: \x01/\x02;q=NaN, ;;;,,,image/'],
  [
    'an Accept of a thousand types',
    `accept: ${Array.from({ length: 1_000 }, (_, i) => `a/b${i};q=0.${i}`).join(', ')}`,
  ],
  ['an Accept-Encoding of garbage', 'accept-encoding: \x01;q=x, gzip;q=2, *;q=-1'],
  ['a wish to wait for ever', 'prefer: wait=99999999999999999999'],
  ['a wish to wait for less than nothing', 'prefer: wait=-1'],
];

export function addresses(): ClientClass[] {
  const of = (name: string, cases: HostileClient[]): ClientClass => ({ name, cases });
  const one = (
    name: string,
    target: string,
    right: HostileClient['right'] = refused,
    ...headers: string[]
  ): HostileClient => ({ name: name.slice(0, 60), pieces: [get(target, ...headers)], right });
  return [
    of('ids', [
      ...ids.flatMap((text) => [
        one(`of ${text}`, `/v1/thumbnails/${text}`),
        one(`file of ${text}`, `/v1/thumbnails/${text}/file`),
      ]),
      ...ids.map((text) => one(`query of ${text}`, `/v1/thumbnails?id=${text}`)),
      ...ids.slice(0, 12).map((text) => one(`task ${text}`, `/thumbnail?task_id=${text}`)),
    ]),
    of('targets', [
      ...broken.map((target) => one(target, target, [...refused, ...(alsoAnswered[target] ?? [])])),
      one('a target of 30 kB', `/v1/thumbnails/${'a'.repeat(30_000)}`),
      one('a query of 30 kB', `/livez?${'a'.repeat(30_000)}`),
    ]),
    of('queries', [
      ...queries.map((query) => one(`look-up ${query}`, `/v1/thumbnails?${query}`, [...refused, 200])),
      ...pictureLinks.map((query) => one(`link ${query}`, `/v1/images?${query}`, [...refused, 403, 415])),
      ...matches.map((query) => one(`match ${query}`, `/v1/colours/match?${query}`, [...refused, 200, 403, 413, 415])),
    ]),
    of(
      'conditions',
      conditions.flatMap(([name, header]) => [
        one(`${name}, of a sample`, '/samples/photo.jpg', [200, 206, 304, 416, 400, 431], header),
        one(`${name}, of a thumbnail`, `/v1/thumbnails/${id}/file`, [404, 400, 431], header),
        one(`${name}, of a palette`, '/v1/palettes/css3', [200, 304, 400, 406, 431], header),
      ]),
    ),
  ];
}

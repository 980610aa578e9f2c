/** HTTP itself turned against the service: headers, hosts, methods, versions, and requests hidden in requests. */
import { type ClientClass, get, type HostileClient, host, request } from './hostile-client.ts';

const evil = 'evil.example';
const closedOr400: HostileClient['right'] = [400, 'closed'];

type Row = readonly [
  name: string,
  bytes: string | Buffer,
  right: HostileClient['right'],
  rest?: Partial<HostileClient>,
];

const of = (name: string, rows: readonly Row[]): ClientClass => ({
  name,
  cases: rows.map(([caseName, bytes, right, rest = {}]) => ({ name: caseName, pieces: [bytes], right, ...rest })),
});

const raw = (...lines: string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
const submit = (...headers: string[]) =>
  request('POST', '/v1/thumbnails', ['content-type: application/json', ...headers], '{"url":"http://127.0.0.1:1/"}');
const noEvil = { mustNotSay: [evil] };

const hosts: readonly Row[] = [
  [
    'another Host',
    Buffer.from(submit().toString('latin1').replace(`host: ${host}`, `host: ${evil}`), 'latin1'),
    [200, 202],
    noEvil,
  ],
  [
    'a Host of a document',
    Buffer.from(get('/docs').toString('latin1').replace(`host: ${host}`, `host: ${evil}`), 'latin1'),
    [200, 302],
    noEvil,
  ],
  [
    'a Host of the OpenAPI document',
    Buffer.from(get('/openapi.json').toString('latin1').replace(`host: ${host}`, `host: ${evil}`), 'latin1'),
    [200],
    noEvil,
  ],
  ['no Host', raw('GET /livez HTTP/1.1'), closedOr400],
  ['two Hosts', raw('GET /livez HTTP/1.1', `host: ${host}`, `host: ${evil}`), [400, 200], noEvil],
  ['an empty Host', raw('GET /livez HTTP/1.1', 'host:'), [200, 400]],
  ['a Host with a path', raw('GET /nothing HTTP/1.1', `host: ${evil}/x?y#z@`), [404, 400], noEvil],
  ['a Host with a script', raw('GET /nothing HTTP/1.1', 'host: "><script>'), [404, 400], { mustNotSay: ['<script>'] }],
  ['an absolute target', raw(`GET http://${evil}/v1/palettes HTTP/1.1`, `host: ${host}`), [200, 400, 404], noEvil],
  [
    'X-Forwarded-Host',
    submit(`x-forwarded-host: ${evil}`, 'x-forwarded-proto: https', 'x-forwarded-port: 1'),
    [200, 202],
    noEvil,
  ],
  ['X-Forwarded-For', submit(`x-forwarded-for: ${evil}, 127.0.0.1`, `x-real-ip: ${evil}`), [200, 202], noEvil],
  ['Forwarded', submit(`forwarded: for=${evil};host=${evil};proto=https`), [200, 202], noEvil],
  [
    'X-Original-URL',
    get('/livez', 'x-original-url: /metrics', 'x-rewrite-url: /metrics'),
    [200],
    { mustNotSay: ['process_cpu'] },
  ],
  ['X-HTTP-Method-Override', request('POST', '/v1/palettes/none', ['x-http-method-override: DELETE']), [404, 405]],
  [
    'an Origin',
    get('/v1/palettes', `origin: http://${evil}`),
    [200],
    { mustNotSay: [evil, 'access-control-allow-origin'] },
  ],
  ['a Referer', get('/nothing', `referer: http://${evil}`), [404], noEvil],
];

const requestIds: readonly Row[] = [
  'a b',
  'a\tb',
  '<script>',
  '"; x',
  'a'.repeat(5_000),
  'a\x0bb',
  'é',
  '{{7*7}}',
  '%0d%0aset-cookie: a=b',
].map(
  (id): Row => [
    `X-Request-Id of ${JSON.stringify(id.slice(0, 20))}`,
    Buffer.from(raw('GET /nothing HTTP/1.1', `host: ${host}`, `x-request-id: ${id}`)),
    [404, ...closedOr400],
    { mustNotSay: [id] },
  ],
);

const headers: readonly Row[] = [
  ['headers of 30 kB', get('/livez', `x-large: ${'a'.repeat(30_000)}`), [431, 'closed']],
  ['3000 headers', get('/livez', ...Array.from({ length: 3_000 }, (_, i) => `x-${i}: a`)), [431, 200, 'closed']],
  ['a header without a colon', raw('GET /livez HTTP/1.1', `host: ${host}`, 'nonsense'), closedOr400],
  ['a header without a name', raw('GET /livez HTTP/1.1', `host: ${host}`, ': x'), closedOr400],
  ['a space before the colon', raw('GET /livez HTTP/1.1', `host: ${host}`, 'x-a : b'), closedOr400],
  ['a folded header', raw('GET /livez HTTP/1.1', `host: ${host}`, 'x-a: b', ' c'), [200, ...closedOr400]],
  ['a null byte in a header', raw('GET /livez HTTP/1.1', `host: ${host}`, 'x-a: b\0c'), closedOr400],
  ['a bare carriage return', raw('GET /livez HTTP/1.1', `host: ${host}`, 'x-a: b\rx-c: d'), closedOr400],
  ['__proto__ as a header', get('/livez', '__proto__: x', 'constructor: y'), [200]],
  [
    'an expectation that is none',
    request('POST', '/v1/thumbnails', ['expect: nonsense', 'content-type: application/json'], '{}'),
    [417, 400],
  ],
  [
    'a websocket that nobody offers',
    get(
      '/v1/thumbnails',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-key: x',
      'sec-websocket-version: 13',
    ),
    [400, 404, 426, 'closed'],
  ],
  [
    'an upgrade to HTTP/2',
    get('/livez', 'connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'),
    [200, 'closed'],
  ],
  ['credentials of garbage', get('/v1/palettes', `authorization: Basic ${'='.repeat(100)}`), [200, 400, 401]],
  ['credentials of 10 kB', get('/v1/palettes', `authorization: Bearer ${'a.'.repeat(5_000)}`), [200, 400, 401]],
  [
    'a JWT that says none',
    get('/v1/palettes', 'authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'),
    [200, 401],
  ],
  ['a traceparent of garbage', get('/v1/palettes', `traceparent: ${'0'.repeat(3_000)}`), [200, 400]],
  ['a cookie of 8 kB', get('/v1/palettes', `cookie: ${'a=b;'.repeat(2_000)}`), [200, 400]],
];

const methods: readonly Row[] = [
  ...['TRACE', 'OPTIONS', 'PROPFIND', 'PATCH', 'SEARCH', 'PURGE', 'LOCK', 'MKCOL', 'REPORT'].map(
    (method): Row => [method, request(method, '/v1/thumbnails'), [200, 204, 400, 404, 405, 'closed']],
  ),
  ['CONNECT', raw('CONNECT 127.0.0.1:22 HTTP/1.1', 'host: 127.0.0.1:22'), [400, 404, 405, 'closed']],
  ['a method in small letters', request('get', '/livez'), closedOr400],
  ['a method that is none', request('FOO', '/livez'), closedOr400],
  ['a method of 10 kB', request('A'.repeat(10_000), '/livez'), closedOr400],
  ['HEAD of a file', request('HEAD', '/samples/photo.jpg'), [200]],
  ['HTTP/0.9', 'GET /livez\r\n\r\n', [200, ...closedOr400]],
  ['HTTP/1.0', 'GET /livez HTTP/1.0\r\n\r\n', [200]],
  ['HTTP/9.9', raw('GET /livez HTTP/9.9', `host: ${host}`), closedOr400],
  ['HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', closedOr400],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), closedOr400],
  ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', closedOr400],
  ['Redis', '*1\r\n$4\r\nPING\r\n', closedOr400],
  ['10 kB of garbage', Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 167 + 13) & 255)), closedOr400],
  ['many empty lines', `${'\r\n'.repeat(5_000)}GET /livez HTTP/1.1\r\nhost: ${host}\r\n\r\n`, [200, ...closedOr400]],
  ['nothing', '', ['closed'], { endsAfter: true }],
];

/** A second request within the first: whoever answers both has been fooled. */
const hidden = `GET /metrics HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
const smuggle = (name: string, lines: string[], body: string, rest: Partial<HostileClient> = {}): Row => [
  name,
  Buffer.concat([
    raw('POST /v1/thumbnails HTTP/1.1', `host: ${host}`, 'content-type: application/json', ...lines),
    Buffer.from(body),
  ]),
  [400, 413, 415, 'closed'],
  { mustNotSay: ['process_cpu'], ...rest },
];

const smuggling: readonly Row[] = [
  smuggle('length, then chunks', ['content-length: 6', 'transfer-encoding: chunked'], `0\r\n\r\n${hidden}`),
  smuggle(
    'chunks, then length',
    ['transfer-encoding: chunked', `content-length: ${hidden.length + 5}`],
    `0\r\n\r\n${hidden}`,
  ),
  smuggle('two lengths', ['content-length: 0', `content-length: ${hidden.length}`], hidden),
  smuggle('a list of lengths', [`content-length: 0, ${hidden.length}`], hidden),
  smuggle('a length with a sign', [`content-length: +${hidden.length}`], hidden),
  smuggle('a length below zero', ['content-length: -1'], hidden),
  smuggle('a hexadecimal length', ['content-length: 0x10'], hidden),
  smuggle('a length of 2⁶⁴', ['content-length: 18446744073709551616'], hidden),
  smuggle('an empty length', ['content-length:'], hidden),
  smuggle('chunks that are not', ['transfer-encoding: xchunked'], `0\r\n\r\n${hidden}`),
  smuggle('chunks twice', ['transfer-encoding: chunked', 'transfer-encoding: identity'], `0\r\n\r\n${hidden}`),
  smuggle('chunks behind another coding', ['transfer-encoding: gzip, chunked'], `0\r\n\r\n`, { mostAnswers: 1 }),
  smuggle('chunks with a tab', ['transfer-encoding:\tchunked', 'content-length: 4'], `0\r\n\r\n${hidden}`),
  smuggle('chunks with a vertical tab', ['transfer-encoding: \x0bchunked', 'content-length: 4'], `0\r\n\r\n${hidden}`),
  smuggle(
    'chunks with a space before the colon',
    ['transfer-encoding : chunked', 'content-length: 4'],
    `0\r\n\r\n${hidden}`,
  ),
  smuggle('a chunk size with a sign', ['transfer-encoding: chunked'], `+1\r\na\r\n0\r\n\r\n`),
  smuggle('a chunk size of 2⁶⁴', ['transfer-encoding: chunked'], `10000000000000000\r\na\r\n0\r\n\r\n`),
  smuggle('a chunk longer than its size', ['transfer-encoding: chunked'], `1\r\nabcdef\r\n0\r\n\r\n${hidden}`),
  smuggle('a chunk ended by a line feed', ['transfer-encoding: chunked'], `1\na\n0\n\n${hidden}`),
  smuggle('a chunk extension of 100 kB', ['transfer-encoding: chunked'], `1;${'a'.repeat(100_000)}\r\na\r\n0\r\n\r\n`),
  smuggle(
    'a trailer that is a header',
    ['transfer-encoding: chunked'],
    '1\r\na\r\n0\r\ncontent-length: 100\r\nhost: evil.example\r\n\r\n',
    { mustNotSay: [evil] },
  ),
  smuggle('a line break in a header', [`x-a: b\n\n${hidden}`, 'content-length: 0'], ''),
];

const slow: readonly HostileClient[] = [
  {
    name: 'a request byte by byte',
    pieces: [...get('/livez')].map((byte) => Buffer.from([byte])),
    pauseMs: 20,
    right: [200],
  },
  {
    name: 'a hundred requests in one go',
    pieces: [Buffer.concat(Array.from({ length: 100 }, () => get('/livez')))],
    right: [200],
    mostAnswers: 100,
  },
  { name: 'a request that is left alone', pieces: ['GET /livez HT'], right: [400, 'closed'], endsAfter: true },
  {
    name: 'a body that is announced and never comes',
    pieces: [
      raw('POST /v1/thumbnails HTTP/1.1', `host: ${host}`, 'content-type: application/json', 'content-length: 100'),
    ],
    right: [400, 'closed'],
    endsAfter: true,
  },
  {
    name: 'a client that leaves while it waits',
    pieces: [
      request('POST', '/v1/thumbnails?wait=20', ['content-type: application/json'], '{"url":"http://127.0.0.1:1/"}'),
    ],
    right: [200, 202, 'closed'],
    endsAfter: true,
  },
];

export function httpTricks(): ClientClass[] {
  return [
    of('hosts and proxies', hosts),
    of('headers', [...headers, ...requestIds]),
    of('methods and versions', methods),
    of('smuggling', smuggling),
    { name: 'slow clients', cases: slow },
  ];
}

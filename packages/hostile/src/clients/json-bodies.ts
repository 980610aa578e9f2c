/** JSON that is too deep, too large, not JSON, or after a prototype. */
import { gzipSync } from 'node:zlib';
import { type ClientClass, get, type HostileClient, postJson, request } from './hostile-client.ts';

const refused = [400, 413, 415, 422] as const;
const url = '"url":"http://127.0.0.1:1/"';

const texts: readonly [string, string | Buffer][] = [
  ['nothing but a brace', '{'],
  ['null', 'null'],
  ['an array', '[]'],
  ['a text', '"http://127.0.0.1:1/"'],
  ['a truth', 'true'],
  ['NaN', 'NaN'],
  ['no url', '{}'],
  ['a url that is a number', '{"url":1}'],
  ['a url that is an object', '{"url":{"toString":"x"}}'],
  ['a url that is an array', '{"url":["http://127.0.0.1:1/"]}'],
  ['__proto__', `{${url},"__proto__":{"width":1}}`],
  ['__proto__, escaped', `{${url},"\\u005f_proto__":{"width":1}}`],
  ['constructor.prototype', `{${url},"constructor":{"prototype":{"width":1}}}`],
  ['__proto__ in metadata', `{${url},"metadata":{"__proto__":{"x":1}}}`],
  ['__proto__ in colours', `{${url},"colours":{"__proto__":{"count":1}}}`],
  ['toString', `{${url},"toString":1}`],
  ['30 000 levels of arrays', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ['5000 levels of objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ['a number of 60 000 digits', `{${url},"width":${'9'.repeat(60_000)}}`],
  ['1e400', `{${url},"width":1e400}`],
  ['2⁵³ + 1', `{${url},"width":9007199254740993}`],
  ['a half', `{${url},"width":0.5}`],
  ['minus zero', `{${url},"width":-0}`],
  ['a width as text', `{${url},"width":"100"}`],
  ['70 kB', `{${url},"metadata":{"a":"${'x'.repeat(70_000)}"}}`],
  ['a metadata of 3 kB', `{${url},"metadata":{"a":"${'x'.repeat(3_000)}"}}`],
  ['21 words of metadata', `{${url},"metadata":{${Array.from({ length: 21 }, (_, i) => `"a${i}":1`).join(',')}}}`],
  ['something behind it', `{${url}} x`],
  ['two documents', `{${url}}{${url}}`],
  ['comments', `{/* x */${url}}`],
  ['single quotes', "{'url':'http://127.0.0.1:1/'}"],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x75, 0x72, 0x6c, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['UTF-16', Buffer.from(`{${url}}`, 'utf16le')],
  ['null bytes', Buffer.alloc(1_000)],
  ['a null byte in a text', '{"url":"http://127.0.0.1:1/\\u0000"}x'],
  ['a colour that is a script', `{${url},"background":"<script>"}`],
  ['an unknown field with a script', `{${url},"<script>alert(1)</script>":1}`],
];

const types: readonly [string, string][] = [
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'text/json',
  'nonsense',
  '/',
  'application/',
  'application/json, text/html',
  `application/${'x'.repeat(5_000)}`,
].map((type) => [`as ${type.slice(0, 40)}`, type]);

const good = '{"url":"http://127.0.0.1:1/picture"}';

const one = (name: string, piece: Buffer, right: HostileClient['right'] = refused): HostileClient => ({
  name,
  pieces: [piece],
  right,
});

/** Sound JSON that comes in an unusual way, or means something unusual. */
const oddly: readonly HostileClient[] = [
  one('in a character set that is unknown', postJson(good, 'application/json; charset=utf-7'), [200, 202, ...refused]),
  one(
    'packed',
    request(
      'POST',
      '/v1/thumbnails',
      ['content-type: application/json', 'content-encoding: gzip'],
      gzipSync('{"url":"http://nowhere.invalid/picture"}'),
    ),
    [200, 202],
  ),
  one(
    'a packed bomb',
    request(
      'POST',
      '/v1/thumbnails',
      ['content-type: application/json', 'content-encoding: gzip'],
      gzipSync(Buffer.alloc(40_000_000)),
    ),
  ),
  one('a body without a type', request('POST', '/v1/thumbnails', [], good)),
  one('a url twice', postJson(`{${url},${url}}`), [200, 202, ...refused]),
  one('half a surrogate', postJson('{"url":"http://127.0.0.1:1/\\ud800","metadata":{"a":"\\udfff"}}'), [
    200,
    202,
    ...refused,
  ]),
];

/** Where another body is expected, or none. */
const elsewhere: readonly HostileClient[] = [
  one('a body where none belongs', request('GET', '/livez', ['content-type: application/json'], '{'), [200, 400]),
  one(
    'a body that deletes',
    request('DELETE', '/v1/palettes/none', ['content-type: application/json'], '{'),
    [400, 404],
  ),
  one(
    'a palette that is no array',
    request('PUT', '/v1/palettes/hostile', ['content-type: application/json'], '{"length":1}'),
  ),
  one(
    'a palette of __proto__',
    request(
      'PUT',
      '/v1/palettes/hostile',
      ['content-type: application/json'],
      '[{"name":"a","hex":"#000000","__proto__":{"x":1}}]',
    ),
  ),
  one(
    'a palette in CSV with a formula',
    request('PUT', '/v1/palettes/hostile', ['content-type: text/csv'], 'name,hex\n"=cmd|x",#000000\n'),
    [200, 201, ...refused],
  ),
  one(
    'a palette in CSV with 10 000 columns',
    request('PUT', '/v1/palettes/hostile', ['content-type: text/csv'], `${'a,'.repeat(10_000)}name,hex\n`),
  ),
  one(
    'a palette in CSV with a quote that stays open',
    request('PUT', '/v1/palettes/hostile', ['content-type: text/csv'], 'name,hex\n"a,#000000\n'),
  ),
  one(
    'a palette in CSV with a column __proto__',
    request('PUT', '/v1/palettes/hostile', ['content-type: text/csv'], 'name,hex,__proto__\na,#000000,x\n'),
    [200, 201, ...refused],
  ),
];

export function jsonBodies(): ClientClass {
  return {
    name: 'JSON bodies',
    cases: [
      ...texts.map(([name, body]) => one(name, postJson(body))),
      ...types.map(([name, type]) => one(name, postJson(good, type))),
      ...oddly,
      ...elsewhere,
      one('a form that says JSON', postJson('--x\r\n\r\n--x--')),
      one('and then a look at the palettes', get('/v1/palettes'), [200]),
    ],
  };
}

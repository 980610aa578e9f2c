/** Multipart forms without measure or sense. */
import { type ClientClass, type HostileClient, host, request } from './hostile-client.ts';

const boundary = 'xxBOUNDARYxx';
const type = (value = `multipart/form-data; boundary=${boundary}`) => `content-type: ${value}`;
/** Begins like a GIF. */
const picture = 'GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;';

const disposition = (rest: string) => `content-disposition: form-data; ${rest}`;
const part = (headers: string, body = 'x') => `--${boundary}\r\n${headers}\r\n\r\n${body}\r\n`;
const field = (name: string, value: string) => part(disposition(`name="${name}"`), value);
const file = (name = 'file', filename = 'a.gif', body = picture) =>
  part(`${disposition(`name="${name}"; filename="${filename}"`)}\r\ncontent-type: image/gif`, body);
const end = `--${boundary}--\r\n`;

const form = (body: string, contentType = type()) =>
  request('POST', '/v1/thumbnails', [contentType], Buffer.from(body, 'latin1'));

const head = (length: number, contentType = type()) =>
  `POST /v1/thumbnails HTTP/1.1\r\nhost: ${host}\r\n${contentType}\r\ncontent-length: ${length}\r\n\r\n`;

type Row = readonly [
  name: string,
  pieces: HostileClient['pieces'],
  right: HostileClient['right'],
  rest?: Partial<HostileClient>,
];

const accepted = [200, 202] as const;
const refused = [400, 413, 415, 422] as const;

const numbers: readonly Row[] = [
  ['1000 small parts', [form(Array.from({ length: 1_000 }, (_, i) => field(`a${i}`, 'x')).join('') + end)], refused],
  ['1000 files', [form(Array.from({ length: 1_000 }, () => file()).join('') + end)], refused],
  [
    '50 fields and a file',
    [form(Array.from({ length: 50 }, () => field('width', '1')).join('') + file() + end)],
    refused,
  ],
  ['two files', [form(file() + file() + end)], accepted],
  ['501 files', [form(Array.from({ length: 501 }, () => file()).join('') + end)], refused],
  ['a field of 10 MB', [form(field('metadata', 'x'.repeat(10_000_000)) + end)], refused],
  ['a name of 1 MB', [form(field('x'.repeat(1_000_000), '1') + end)], refused],
  ['a file name of 1 MB', [form(file('file', 'x'.repeat(1_000_000)) + end)], [...refused, ...accepted]],
  [
    '10 000 headers in a part',
    [form(part(Array.from({ length: 10_000 }, (_, i) => `x-${i}: 1`).join('\r\n')) + end)],
    refused,
  ],
  [
    'a file of 27 MB',
    [
      head(27_000_300),
      `--${boundary}\r\n${disposition('name="file"; filename="a"')}\r\n\r\n${picture}`,
      ...Array.from({ length: 270 }, () => Buffer.alloc(100_000)),
    ],
    [413, 'closed'],
  ],
  [
    'a field without end',
    [
      head(2 ** 40),
      `--${boundary}\r\n${disposition('name="width"')}\r\n\r\n`,
      ...Array.from({ length: 200 }, () => Buffer.alloc(100_000, 'x')),
    ],
    [...refused, 'closed'],
    { isSlow: true },
  ],
  ['a preamble of 5 MB', [form('x'.repeat(5_000_000) + file() + end)], [...refused, ...accepted]],
  ['no part at all', [form(end)], refused],
  ['no body at all', [request('POST', '/v1/thumbnails', [type(), 'content-length: 0'])], refused],
];

const boundaries: readonly Row[] = [
  ['a boundary that never comes', [form(`--other\r\n${disposition('name="a"')}\r\n\r\nx\r\n--other--\r\n`)], refused],
  ['no boundary', [form(file() + end, type('multipart/form-data'))], refused],
  ['an empty boundary', [form(file() + end, type('multipart/form-data; boundary='))], refused],
  ['a quoted boundary without an end', [form(file() + end, type('multipart/form-data; boundary="xx'))], refused],
  ['a boundary of 10 kB', [form(file() + end, type(`multipart/form-data; boundary=${'x'.repeat(10_000)}`))], refused],
  ['a boundary of odd signs', [form(file() + end, type('multipart/form-data; boundary=\t;;=,"'))], refused],
  [
    'two boundaries',
    [form(file() + end, type(`multipart/form-data; boundary=other; boundary=${boundary}`))],
    [...refused, ...accepted],
  ],
  ['multipart/mixed', [form(file() + end, type(`multipart/mixed; boundary=${boundary}`))], [...refused, ...accepted]],
  [
    'a form within a form',
    [
      form(
        part(
          `${disposition('name="a"')}\r\ncontent-type: multipart/mixed; boundary=inner`,
          '--inner\r\n\r\nx\r\n--inner--',
        ) + end,
      ),
    ],
    refused,
  ],
  ['line feeds alone', [form((file() + end).replaceAll('\r\n', '\n'))], refused],
  ['no line before the parts', [form(`${boundary}\r\n${file()}`)], refused],
  [
    'garbage of 10 kB',
    [form(Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 167) & 255)).toString('latin1'))],
    refused,
  ],
];

const cutOff: readonly Row[] = [
  ['cut off in a part', [head(5_000), file().slice(0, 100)], [400, 'closed'], { endsAfter: true }],
  ['cut off in a header', [head(5_000), `--${boundary}\r\ncontent-disp`], [400, 'closed'], { endsAfter: true }],
  ['cut off before its first byte', [head(5_000)], [400, 'closed'], { endsAfter: true }],
  ['without its last boundary', [form(file())], refused],
  ['with a Content-Length that is too small', [head(50), file() + end], [...refused, 'closed'], { mostAnswers: 2 }],
  [
    'in chunks that break off',
    [
      `POST /v1/thumbnails HTTP/1.1\r\nhost: ${host}\r\n${type()}\r\ntransfer-encoding: chunked\r\n\r\n40\r\n--${boundary}`,
    ],
    [400, 'closed'],
    { endsAfter: true },
  ],
  [
    'byte by byte',
    [
      head(Buffer.byteLength(file() + end, 'latin1')),
      ...[...Buffer.from(file() + end, 'latin1')].map((byte) => Buffer.from([byte])),
    ],
    accepted,
    { pauseMs: 2 },
  ],
];

const names: readonly Row[] = [
  ['a part without a name', [form(part('content-disposition: form-data') + end)], refused],
  ['a part without any header', [form(`--${boundary}\r\n\r\nx\r\n${end}`)], refused],
  ['a field __proto__', [form(field('__proto__', '{"polluted":1}') + file() + end)], refused],
  ['a field constructor', [form(field('constructor', 'x') + file() + end)], refused],
  ['a field __proto__[x]', [form(field('__proto__[x]', 'x') + file() + end)], refused],
  ['a field with a null byte', [form(field('wid\0th', '1') + file() + end)], refused],
  ['a file that is called width', [form(file('width') + end)], [...refused, ...accepted]],
  ['a file that is called __proto__', [form(file('__proto__') + end)], [...refused, ...accepted]],
  ['a field that is called file', [form(field('file', 'x') + end)], refused],
  ['a file name with a path', [form(file('file', '../../../etc/passwd') + end)], accepted],
  ['a file name with a null byte', [form(file('file', 'a\0.gif') + end)], [...accepted, 400]],
  [
    'a file name in an unknown character set',
    [form(part(disposition(`name="file"; filename*=nonsense''%ff%00`), picture) + end)],
    [...accepted, ...refused],
  ],
  [
    'a file in base64',
    [
      form(
        part(
          `${disposition('name="file"; filename="a"')}\r\ncontent-transfer-encoding: base64`,
          'R0lGODlhAQABAIAAAAAAAP///yw=',
        ) + end,
      ),
    ],
    [...refused, ...accepted],
  ],
];

const values: readonly Row[] = [
  '',
  ' ',
  '-1',
  '0',
  '1e3',
  '1e309',
  'NaN',
  'Infinity',
  '0x10',
  '9007199254740993',
  '1'.repeat(4_000),
  '١٠',
  'null',
  '[1]',
].map(
  (value): Row => [
    `a width of ${JSON.stringify(value.slice(0, 20))}`,
    [form(field('width', value) + file() + end)],
    // A number in another way of writing, and an optional field that was left empty.
    [...refused, ...(['1e3', '0x10', '', ' '].includes(value) ? accepted : [])],
  ],
);

const jsonFields: readonly Row[] = [
  '{',
  '[]',
  'null',
  '"x"',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
  '{"a":{"b":1}}',
  `{"a":"${'x'.repeat(3_000)}"}`,
].map((value): Row => [`metadata of ${value.slice(0, 20)}`, [form(field('metadata', value) + file() + end)], refused]);

export function forms(): ClientClass[] {
  const of = (name: string, rows: readonly Row[]): ClientClass => ({
    name,
    cases: rows.map(([caseName, pieces, right, rest = {}]) => ({ name: caseName, pieces, right, ...rest })),
  });
  return [
    of('forms', [...numbers, ...boundaries]),
    of('forms that break off', cutOff),
    of('names and values of forms', [...names, ...values, ...jsonFields]),
  ];
}

/** Bodies as large as they may be, made so that reading, checking or refusing one takes as long as it can. */
import { type ClientClass, type HostileClient, host, postJson, request } from './hostile-client.ts';

const refused = [400, 413, 415, 422] as const;
const accepted = [200, 202] as const;
/** Of nobody (RFC 5737). */
const url = '"url":"http://192.0.2.1/"';
/** What a JSON body may have. */
const jsonBytes = 64 * 1024;
/** What an upload may have. */
const uploadBytes = 25 * 2 ** 20;

/** As much of it as fits between the two. */
function filled(head: string, item: (i: number) => string, tail: string, bytes = jsonBytes): string {
  const items: string[] = [];
  let left = bytes - head.length - tail.length;
  for (let i = 0; ; i++) {
    const text = `${i > 0 ? ',' : ''}${item(i)}`;
    left -= text.length;
    if (left < 0) return `${head}${items.join('')}${tail}`;
    items.push(text);
  }
}

const levels = (open: string, close: string, bytes = jsonBytes) => {
  const count = Math.floor((bytes - url.length - 20) / (open.length + close.length));
  return `${open.repeat(count)}1${close.repeat(count)}`;
};

const bodies: readonly [name: string, body: () => string][] = [
  ['of unknown fields', () => filled(`{${url},`, (i) => `"${i}":1`, '}')],
  ['of the same field', () => filled(`{${url},`, () => '"width":"x"', '}')],
  ['of unknown fields in colours', () => filled(`{${url},"colours":{`, (i) => `"${i}":1`, '}}')],
  ['of words of metadata', () => filled(`{${url},"metadata":{`, (i) => `"${i}":1`, '}}')],
  ['of words of metadata that are all wrong', () => filled(`{${url},"metadata":{`, (i) => `"${i}":[]`, '}}')],
  ['of arrays in metadata', () => `{${url},"metadata":{"a":${levels('[', ']')}}}`],
  ['of objects in metadata', () => `{${url},"metadata":${levels('{"a":', '}')}}`],
  ['of a region within a region', () => `{${url},"colours":{"region":${levels('{"x":', '}', 60_000)}}}`],
  ['of names that are integers, backwards', () => filled(`{${url},`, (i) => `"${4_000_000 - i * 97}":0`, '}')],
  ['of escapes', () => `{${url},"background":"${'\\u0000'.repeat(10_000)}"}`],
  ['of a URL of dots', () => `{"url":"http://192.0.2.1/${'a/../'.repeat(1_600)}"}`],
  ['of a URL of signs to be escaped', () => `{"url":"http://192.0.2.1/${'é'.repeat(4_000)}"}`],
  ['of a host of labels', () => `{"url":"http://${'ü.'.repeat(4_000)}x/"}`],
  ['of spaces', () => `{${url}${' '.repeat(65_000)}}`],
];

const boundary = 'xxBOUNDARYxx';
const form = `content-type: multipart/form-data; boundary=${boundary}`;
const picture = 'GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;';
const fileHead = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.gif"\r\n\r\n${picture}`;
const end = `\r\n--${boundary}--\r\n`;
const field = (name: string, value: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const formNames = ['width', 'height', 'fit', 'format', 'quality', 'background', 'colours', 'metadata', 'priority'];

/** A picture and behind it the same bytes again and again, to the size that is still taken. */
function fileOf(repeated: string): Buffer {
  const rest = Buffer.alloc(uploadBytes - picture.length, repeated, 'latin1');
  const body = Buffer.concat([Buffer.from(fileHead, 'latin1'), rest, Buffer.from(end, 'latin1')]);
  return request('POST', '/v1/thumbnails', [form], body);
}

type Row = readonly [name: string, bytes: () => Buffer, right: HostileClient['right']];

const forms: readonly Row[] = [
  [
    'a form of as many fields as are taken, all wrong',
    () => {
      const fields = Array.from({ length: 20 }, (_, i) => field(formNames[i % 9] ?? '', 'x'.repeat(4_000)));
      return request('POST', '/v1/thumbnails', [form], Buffer.from(fields.join('') + fileHead + end, 'latin1'));
    },
    refused,
  ],
  ['a form of a file that is nearly all boundaries', () => fileOf(`\r\n--${boundary.slice(0, -1)}`), accepted],
  ['a form of a file that is all ends of lines', () => fileOf('\r\n'), accepted],
  ['a form of a file that is all dashes', () => fileOf('--'), accepted],
];

/** Each byte of the body a chunk of its own (RFC 9112 section 7.1). */
function byteByByte(type: string, body: Buffer, target = '/v1/thumbnails', method = 'POST'): Buffer {
  const chunk = Buffer.from('1\r\n?\r\n');
  const chunks = Buffer.alloc(body.length * chunk.length, chunk);
  for (let i = 0; i < body.length; i++) chunks[i * chunk.length + 3] = body[i] ?? 0;
  const head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${type}\r\ntransfer-encoding: chunked\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), chunks, Buffer.from('0\r\n\r\n')]);
}

const chunked: readonly Row[] = [
  [
    'JSON of 64 kB in chunks of a byte',
    () => byteByByte('content-type: application/json', Buffer.from(`{${url}${' '.repeat(65_000)}}`)),
    accepted,
  ],
  [
    'a form of 300 kB in chunks of a byte',
    () => byteByByte(form, Buffer.concat([Buffer.from(fileHead, 'latin1'), Buffer.alloc(3e5, 'x'), Buffer.from(end)])),
    accepted,
  ],
  [
    'a palette of 300 kB in chunks of a byte',
    () => byteByByte('content-type: application/json', Buffer.alloc(3e5, '1'), '/v1/palettes/chunks', 'PUT'),
    refused,
  ],
];

/** One at a time, so that what the loop was held by has a name. */
export function largeBodies(): ClientClass {
  const json = bodies.map(([name, body]): Row => [`JSON ${name}`, () => postJson(body()), [...refused, ...accepted]]);
  const rows = [...json, ...forms, ...chunked];
  return {
    name: 'large bodies',
    atOnce: 1,
    cases: rows.map(([name, bytes, right]) => ({ name, pieces: () => [bytes()], right, isSlow: true })),
  };
}

/** Headers for named hosts: how they are written, what is refused, and who gets them. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { headersFor, parseSourceHeaders } from '../src/source-headers.ts';

const written = JSON.stringify({
  'CDN.Example.org': { Referer: 'https://example.org/', Authorization: 'Bearer a b' },
  'https://cdn.example.org:8443': { Cookie: 'a=1; b=2' },
  'http://old.example.org': { 'X-Token': 't' },
  '[2001:db8::1]:444': { 'user-agent': 'Acme' },
});
const given = (url: string) => headersFor(parseSourceHeaders(written), new URL(url));

test('when scheme, host and port are those that are named, then the headers go there', () => {
  expect(given('https://cdn.example.org/a.jpg?b')).toEqual({
    referer: 'https://example.org/',
    authorization: 'Bearer a b',
  });
  expect(given('https://cdn.example.org:443/')).toHaveProperty('authorization');
  expect(given('https://cdn.example.org:8443/')).toEqual({ cookie: 'a=1; b=2' });
  expect(given('http://old.example.org:80/')).toEqual({ 'x-token': 't' });
  expect(given('https://[2001:db8:0::1]:444/')).toEqual({ 'user-agent': 'Acme' });
});

test.each([
  'http://cdn.example.org/',
  'http://cdn.example.org:443/',
  'https://cdn.example.org:444/',
  'https://a.cdn.example.org/',
  'https://cdn.example.org./',
  'https://cdn.example.org.evil.example/',
  'https://example.org/cdn.example.org',
  'https://old.example.org/',
])('when it is %s, then nothing goes there', (url) => {
  expect(given(url)).toEqual({});
});

test.each([
  ['{', 'it is not JSON'],
  ['[]', 'it must be a JSON object of hosts'],
  ['{"a.example":"b"}', '"a.example" must have a JSON object of headers'],
  ['{"a.example/path":{}}', '"a.example/path" is neither host'],
  ['{"*.example.org":{}}', '"*.example.org" is neither host'],
  ['{"user@a.example":{}}', '"user@a.example" is neither host'],
  ['{"ftp://a.example":{}}', '"ftp://a.example" is neither host'],
  ['{"a.example:99999":{}}', '"a.example:99999" is neither host'],
  ['{"":{}}', '"" is neither host'],
  ['{"a.example":{},"https://A.example:443":{}}', '"https://A.example:443" is named twice'],
  ['{"a.example":{"x y":"secret"}}', 'a header of "a.example" has a name that is none'],
  ['{"a.example":{"X":"secret","x":"secret"}}', 'x of "a.example" is named twice'],
  ['{"a.example":{"X":1}}', 'the value of X of "a.example" must be printable ASCII in one line'],
  ['{"a.example":{"X":"secret\\r\\nHost: b"}}', 'the value of X of "a.example" must be printable ASCII in one line'],
  ['{"a.example":{"X":"s\u00e9cret"}}', 'the value of X of "a.example" must be printable ASCII in one line'],
])('when %s is written, then it says what is wrong, and no value', (text, problem) => {
  const error = (() => {
    try {
      return parseSourceHeaders(text);
    } catch (err) {
      return err;
    }
  })();
  expect(error).toMatchObject({ message: expect.stringContaining(problem) });
  expect(JSON.stringify(Object(error).message)).not.toMatch(/s.cret/);
});

test.each([
  'Host',
  'Content-Length',
  'Content-Type',
  'Connection',
  'Keep-Alive',
  'Transfer-Encoding',
  'TE',
  'Trailer',
  'Upgrade',
  'Expect',
  'Proxy-Authorization',
  'Accept-Encoding',
  'Range',
  'If-None-Match',
  'IF-MODIFIED-SINCE',
  'If-Range',
])('when the header is %s, then it is refused', (name) => {
  const text = JSON.stringify({ 'a.example': { [name]: 'x' } });
  expect(() => parseSourceHeaders(text)).toThrow(`${name} of "a.example" is a header that cannot be set`);
});

test('when nothing is written, then nobody gets anything', () => {
  expect(parseSourceHeaders('  ').size).toBe(0);
});

test('when it is written into .env as the documentation does, then each host has its headers', () => {
  const document = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const [line = ''] = /^FETCH_HEADERS=.*$/m.exec(document) ?? [];
  expect(Object.fromEntries(parseSourceHeaders(parseEnv(line).FETCH_HEADERS ?? ''))).toEqual({
    'https://cdn.example.org': { referer: 'https://shop.example/' },
    'https://img.example.org:8443': { authorization: 'Bearer 3f1c' },
    'http://old.example': { cookie: 'seen=1' },
  });
});

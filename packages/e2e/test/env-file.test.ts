/** What `.env` may say, and the line that says what is wrong with it. */
import { describe, expect, test } from '@jest/globals';
import { InvalidSettings } from '@tintype/runtime';
import { parseEnvFile } from '../../../scripts/local/env-file.ts';

const read = (text: string | Buffer) => parseEnvFile('.env', Buffer.from(text));

test.each<[string, string, Record<string, string>]>([
  [
    'lines of any system, comments and empty ones',
    '# x\r\n\r\n  PORT=1\r\nHOST=a\rAUTH=off',
    { PORT: '1', HOST: 'a', AUTH: 'off' },
  ],
  ['a mark of the byte order', '\uFEFFPORT=1\n', { PORT: '1' }],
  ['export, and blanks around the sign', 'export PORT = 1  \n', { PORT: '1' }],
  ['quotes', 'A="a b"\nB=\'$c # \\n\'\nC="d\\ne"', { A: 'a b', B: '$c # \\n', C: 'd\ne' }],
  ['several lines in quotes', 'A="a,\nb" # two\nB=\'c\n\nd\'', { A: 'a,\nb', B: 'c\n\nd' }],
  ['comments behind values', 'A=1 # one\nB="2" # two\nC= # none\nD=', { A: '1', B: '2', C: '', D: '' }],
  ['signs that mean nothing', 'A=a=b;c"d\'e:f@g/$\n', { A: 'a=b;c"d\'e:f@g/$' }],
])('when it has %s, then they are read', (_what, text, values) => {
  expect(read(text)).toEqual(values);
});

describe('what is refused', () => {
  test.each([
    ['a line without a sign', 'PORT=1\nAUTH required', '.env:2 is not NAME=value.'],
    ['a colon for the sign', 'AUTH: required', '.env:1 is not NAME=value.'],
    ['a word before the name', 'set AUTH=required', '.env:1 is not NAME=value.'],
    ['a name in quotes', '"AUTH"=required', '.env:1 is not NAME=value.'],
    ['a name twice', 'AUTH=required\n\nAUTH=off', '.env:3: AUTH is set for the second time.'],
    ['quotes that are open', 'A=1\nAPI_KEYS="a:secret\nPORT=1', '.env:2: API_KEYS begins with a " that is not closed.'],
    ['more behind quotes', 'A="1"2', '.env:1: A has something behind its quotes.'],
    ['a variable', 'A=http://$HOST/', '.env:1: A has a $, which compose fills in'],
    ['a variable in quotes', 'A="secret$(B)"', '.env:1: A has a $, which compose fills in'],
    [
      'a # in a value',
      'REDIS_URL=redis://:pass#word@host',
      ".env:1: REDIS_URL has a #: put the value into single quotes ('…').",
    ],
    ['other escapes', 'A="a\\"b"', '.env:1: A has'],
    ['quotes of another kind', 'A=`1`', '.env:1: A has quotes that compose does not know'],
    ['UTF-16', Buffer.from('\uFEFFPORT=1', 'utf16le'), '.env is no text in UTF-8'],
    ['bytes of no UTF-8', Buffer.from('HOST=caf\xe9', 'latin1'), '.env is no text in UTF-8'],
  ])('%s', (_what, text, line) => {
    expect(() => read(text)).toThrow(InvalidSettings);
    expect(() => read(text)).toThrow(line);
    expect(() => read(text)).not.toThrow(/secret|pass/);
  });
});

import { expect, test } from '@jest/globals';
import Type from 'typebox';
import { describeSettings, InvalidSettings, maskSettings, readSettings } from '../src/index.ts';

const schema = Type.Object({
  PORT: Type.Integer({ default: 3000, maximum: 65_535, description: 'Port to listen on' }),
  STRICT: Type.Boolean({ default: false, description: 'Be strict' }),
  MODE: Type.Optional(Type.Enum(['off', 'required'], { description: 'Which way' })),
  KEYS: Type.String({ default: '', secret: true, description: 'Secret keys' }),
  REDIS_URL: Type.String({ default: 'redis://localhost', description: 'Redis' }),
});

test('when nothing is set, then the defaults count; an empty variable is not set', () => {
  expect(readSettings(schema, { PORT: '', KEYS: '  ' })).toEqual({
    PORT: 3000,
    STRICT: false,
    KEYS: '',
    REDIS_URL: 'redis://localhost',
  });
});

test('when variables are set, then texts have become values and others are left out', () => {
  expect(readSettings(schema, { PORT: '8080', STRICT: 'true', MODE: 'off', HOME: '/root' })).toMatchObject({
    PORT: 8080,
    STRICT: true,
    MODE: 'off',
  });
});

test('when variables are wrong, then all are named with value, expectation and where to read on, secrets never', () => {
  const read = () => readSettings(schema, { PORT: '99999', STRICT: 'perhaps', MODE: 'sometimes' });
  expect(read).toThrow(InvalidSettings);
  expect(read).toThrow(
    /PORT="99999" must be <= 65535 \(Port to listen on\)\nSTRICT="perhaps" .*\nMODE="sometimes" .*\nAll settings: docs\/configuration.md/,
  );
});

test.each(['true', 'false', '0x', '1,5', '12 a'])('when a number is written as %s, then it is none', (text) => {
  expect(() => readSettings(schema, { PORT: text })).toThrow(`PORT=${JSON.stringify(text)} must be integer`);
});

test('when settings are shown, then secrets and passwords in URLs are masked', () => {
  const settings = readSettings(schema, { KEYS: 'a:b:c', REDIS_URL: 'redis://user:pass@host:6379' });
  expect(maskSettings(schema, settings)).toMatchObject({
    KEYS: '(secret)',
    REDIS_URL: 'redis://user:(secret)@host:6379',
    PORT: 3000,
    MODE: null,
  });
  expect(maskSettings(schema, readSettings(schema, {}))).toMatchObject({ KEYS: '' });
});

test('when settings are described, then name, type, default and meaning are told', () => {
  expect(describeSettings(schema)).toContainEqual({
    name: 'MODE',
    type: 'off | required',
    default: '',
    description: 'Which way',
    secret: false,
  });
});

test('when a pattern is not met, then it is said in words what is expected, where the schema has some', () => {
  const schema = Type.Object({ WORDS: Type.String({ pattern: '^[+]a$', expected: 'must be +a' }) });
  expect(() => readSettings(schema, { WORDS: '+b' })).toThrow('WORDS="+b" must be +a');
});

test.each([
  ['redis://u:p@SECRET@h:6379', 'redis://u:(secret)@h:6379'],
  ['redis://u:SECRET@h:1,redis://u:SECRET@i:2', 'redis://u:(secret)@h:1,redis://u:(secret)@i:2'],
  ['https://idp.example/jwks?token=SECRET', 'https://idp.example/jwks?(secret)'],
  ['https://example.org/a:b@c', 'https://example.org/a:b@c'],
])('when a setting is %s, then %s is shown', (value, shown) => {
  expect(maskSettings(Type.Object({ URL: Type.String() }), { URL: value })).toEqual({ URL: shown });
});

test('when a URL with a password is mistyped, then the error does not tell it', () => {
  const strict = Type.Object({ URL: Type.String({ pattern: '^redis://' }) });
  expect(() => readSettings(strict, { URL: 'redis//u:SECRET@h:6379' })).toThrow('"redis//u:(secret)@h:6379"');
});

/** Errors of DNS, TCP, TLS and undici become Problems in our own words; defects stay what they are. */
import { describe, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { FetchFailure, parseRetryAfter, problemOfFailure, problemOfStatus } from '../src/errors.ts';

const coded = (code: string) => Object.assign(new Error(`secret of 10.0.0.1 in /srv/${code}`), { code });

describe('problemOfFailure', () => {
  test.each([
    ['ENOTFOUND', 'source_unreachable', true],
    ['EAI_AGAIN', 'source_unreachable', true],
    ['ESERVFAIL', 'source_unreachable', true],
    ['ECONNREFUSED', 'source_unreachable', true],
    ['ECONNRESET', 'source_unreachable', true],
    ['ENETUNREACH', 'source_unreachable', true],
    ['UND_ERR_SOCKET', 'source_unreachable', true],
    ['UND_ERR_DESTROYED', 'source_unreachable', true],
    ['CERT_HAS_EXPIRED', 'source_unreachable', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'source_unreachable', false],
    ['ETIMEDOUT', 'source_timeout', false],
    ['ETIMEOUT', 'source_timeout', false],
    ['UND_ERR_CONNECT_TIMEOUT', 'source_timeout', false],
    ['constructor', 'source_unreachable', true],
  ])(
    'when the code is %s, then the problem is %s, retryable %s, and says nothing of the error',
    (code, problem, retryable) => {
      const cause = coded(code);
      const found = problemOfFailure(cause, 'example.com');

      expect(found).toBeInstanceOf(Problem);
      expect(found).toMatchObject({ code: problem, retryable, cause });
      expect(String(found)).toMatch(/^Problem: example\.com [a-zA-Z ]+\.$/);
    },
  );

  test('when our own checks fail, then each has its problem', () => {
    const kinds = [
      'forbidden',
      'no_address',
      'broke_off',
      'too_large',
      'slow_connect',
      'slow_headers',
      'slow_body',
      'deadline',
    ] as const;

    expect(kinds.map((kind) => problemOfFailure(new FetchFailure(kind), 'x'))).toMatchObject([
      { code: 'source_forbidden_address' },
      { code: 'source_unreachable' },
      { code: 'source_unreachable' },
      { code: 'source_too_large' },
      { code: 'source_timeout' },
      { code: 'source_timeout' },
      { code: 'source_timeout' },
      { code: 'source_timeout' },
    ]);
  });

  test.each([
    new TypeError('ours'),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('UND_ERR_INVALID_ARG'),
    'text',
    null,
    undefined,
  ])('when no network makes such an error (%s), then it is left as it is', (error) => {
    expect(problemOfFailure(error, 'example.com')).toBe(error);
  });
});

describe('problemOfStatus', () => {
  test('when the status is 429 or a server error, then it is retryable, with its Retry-After', () => {
    expect(problemOfStatus(429, { 'retry-after': '7' })).toMatchObject({ retryable: true, retryAfterSeconds: 7 });
    expect(problemOfStatus(503, {})).toMatchObject({ retryable: true, retryAfterSeconds: undefined });
  });

  test('when it is any other, then it is not, and Retry-After means nothing', () => {
    expect(problemOfStatus(999, {})).toMatchObject({ retryable: false });
    expect(problemOfStatus(404, { 'retry-after': '7' })).toMatchObject({
      code: 'source_status',
      message: 'The source answered 404.',
      retryable: false,
      retryAfterSeconds: undefined,
    });
  });
});

test.each([
  ['0', 0],
  [' 120 ', 120],
  ['99999999999', 86_400],
  ['Thu, 01 Jan 1970 00:01:30 GMT', 80],
  ['Thu, 01 Jan 1970 00:00:05 GMT', 0],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  [undefined, null],
])('when Retry-After is %j ten seconds after the epoch, then it is %j seconds', (value, seconds) => {
  expect(parseRetryAfter(value, 10_000)).toBe(seconds);
});

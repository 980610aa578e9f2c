import { expect, test } from '@jest/globals';
import { Problem, problemCatalogue } from '../src/index.ts';

test('when a problem goes through a job record, then code, detail and retryable come back', () => {
  const problem = new Problem('source_status', { detail: 'The source answered 503.', retryable: true });
  const back = Problem.fromRecord(problem.toRecord());
  expect([back.code, back.message, back.retryable]).toEqual(['source_status', 'The source answered 503.', true]);
});

test.each(['', 'socket hang up', '{"code":"made_up"}', 'null', '{broken'])(
  'when a record is %j, then it is an opaque internal error that keeps it as cause',
  (record) => {
    const problem = Problem.fromRecord(record);
    expect(problem.code).toBe('internal_error');
    expect(problem.message).not.toContain(record === '' ? 'socket' : record);
    expect(problem.cause).toBe(record);
  },
);

test('when a problem is answered, then the body is RFC 9457 with our words', () => {
  const problem = new Problem('not_found', { detail: 'There is no such thing.' });
  expect(problem.toDocument('http://localhost/docs/errors', 'r1')).toEqual({
    type: 'http://localhost/docs/errors#not_found',
    title: 'Not found',
    status: 404,
    detail: 'There is no such thing.',
    code: 'not_found',
    request_id: 'r1',
    retryable: false,
  });
});

test('when a dependency is away, then the answer says when to come back', () => {
  expect(new Problem('dependency_unavailable').retryAfterSeconds).toBeGreaterThan(0);
});

test('every code has a status of 4xx or 5xx and a sentence', () => {
  for (const [code, { status, meaning }] of Object.entries(problemCatalogue)) {
    expect([code, status >= 400 && status < 600, /[.)]$/.test(meaning)]).toEqual([code, true, true]);
  }
});

/** Requests made from the served OpenAPI document; and that a broken promise would be noticed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createJudge, type Judge } from '../src/document/judgement.ts';
import { type OpenapiDocument, readDocument } from '../src/document/openapi-document.ts';
import { runAttacks } from '../src/run.ts';
import { createWatch } from '../src/watch.ts';

const silent = { line: () => undefined, bar: () => undefined };

test('when every operation is called as documented and otherwise, then every answer is as documented', async () => {
  const options = {
    kinds: ['document'] as const,
    casesPerClass: null,
    seed: 8,
    requestsPerOperation: 12,
    judgesTimes: false,
    json: false,
  };
  const { classes, totals } = await runAttacks(options, silent);

  expect(classes.flatMap(({ results }) => results.filter(({ ok }) => !ok))).toEqual([]);
  expect(totals).toMatchObject({ crashes: 0, serverErrors: [], leaks: [] });
  // The requests are no use when all of them are refused, or none. Which ones succeed is chance.
  const tried = classes.filter(({ name }) => /^(?:POST|PUT|DELETE)|\{/.test(name));
  const without = (status: string) =>
    tried.filter(({ results }) => results.every(({ got }) => got.charAt(0) !== status));
  expect(without('2').length).toBeLessThan(tried.length / 3);
  expect(without('4').length).toBeLessThan(tried.length / 3);
});

describe('a judge', () => {
  const thing = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' }, next: { $ref: '#/components/schemas/Thing' } },
  };
  const json = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } };
  let document: OpenapiDocument;
  let judge: Judge;
  beforeAll(() => {
    const responses = {
      '200': { ...json, headers: { etag: { required: true } } },
      '202': json,
      '204': {},
      '4XX': json,
    };
    document = readDocument({
      openapi: '3.1.0',
      paths: { '/a/{b}': { get: { responses } } },
      components: { schemas: { Thing: thing } },
    });
    judge = createJudge(document);
  });

  const all = { 'x-request-id': '1', etag: '"x"', 'content-type': 'application/json; charset=utf-8' };
  const withoutTag = { 'x-request-id': '1', 'content-type': 'application/json' };
  const wrongWith = (status: number, headers: Record<string, string>, body: string) => {
    const [operation] = document.operations;
    if (operation === undefined) throw new Error('the document has no operation');
    return judge(operation, { status, headers: new Headers(headers), body: Buffer.from(body) });
  };

  test('when an answer is as documented, then nothing is wrong', () => {
    expect(wrongWith(200, all, '{"id":"x","next":{"id":"y"}}')).toEqual([]);
    expect(wrongWith(204, all, '')).toEqual([]);
    expect(wrongWith(404, all, '{"id":"x"}')).toEqual([]);
  });

  test.each([
    ['a status that is not documented', 201, all, '{"id":"x"}', 'status 201 is not documented'],
    ['a status of 500', 500, all, '', 'answered with 500'],
    ['another type', 200, { ...all, 'content-type': 'text/html' }, '<a>', 'the type text/html'],
    ['a body that does not fit', 200, all, '{"id":1}', '/id must be string'],
    ['a body that does not fit inside', 200, all, '{"id":"x","next":{}}', "/next must have required property 'id'"],
    ['a body that is no JSON', 200, all, '{', 'is not JSON'],
    ['a body where none is', 204, all, '{}', 'has a body'],
    ['no header that is promised', 200, withoutTag, '{"id":"x"}', '200 without etag'],
    ['no request id', 200, { etag: '"x"', 'content-type': 'application/json' }, '{"id":"x"}', 'no X-Request-Id'],
    ['no word on when to ask again', 202, all, '{"id":"x"}', '202 without Retry-After'],
  ])('when an answer has %s, then that is said', (_what, status, headers, body, said) => {
    expect(wrongWith(status, headers, body).join('; ')).toContain(said);
  });
});

describe('a watch', () => {
  const secret = '/somewhere/of/ours';
  const watch = createWatch([secret]);
  afterAll(() => expect(watch.answers()).toBe(8));

  test.each([
    ['a stack', 'Error: x\n    at load (file:///srv/x.ts:1:2)'],
    ['a path', '{"detail":"/home/app/src"}'],
    ['an address', '{"detail":"connect 10.1.2.3:6379"}'],
    ['an error of the system', '{"detail":"ECONNREFUSED"}'],
    ['a library', '{"detail":"VipsJpeg: premature end"}'],
    ['a folder of this installation', `{"detail":"${secret}/x"}`],
  ])('when an answer tells %s, then it is a leak', (_what, text) => {
    const before = watch.leaks().length;
    watch.look('case', 400, text);
    expect(watch.leaks().length).toBeGreaterThan(before);
  });

  test('when an answer gives back what was sent, or is a 500, then only the 500 counts', () => {
    const before = watch.leaks().length;
    watch.look('case', 404, 'There is no GET /etc/passwd.', ['/etc/passwd']);
    watch.look('case', 503, 'busy');
    expect(watch.leaks().length).toBe(before);
    expect(watch.serverErrors()).toHaveLength(1);
  });
});

import { expect, test } from '@jest/globals';
import { decimalOf, Problem, parse, ThumbnailRequest, UploadFields } from '../src/index.ts';

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (err) {
    if (err instanceof Problem) return err;
    throw err;
  }
  throw new Error('nothing was thrown');
}

test('when only the URL is given, then every option has its default', () => {
  expect(parse(ThumbnailRequest, { url: 'https://example.org/a.jpg' })).toEqual({
    url: 'https://example.org/a.jpg',
    width: 100,
    height: 100,
    fit: 'cover',
    format: 'auto',
    priority: 'normal',
  });
});

test('when a field is unknown, then the problem names it', () => {
  const problem = problemOf(() => parse(ThumbnailRequest, { url: 'https://example.org/', widht: 10 }));
  expect(problem.code).toBe('invalid_request');
  expect(problem.errors).toEqual([{ pointer: '/widht', detail: 'is not a known field; did you mean width?' }]);
  expect(problem.message).toContain('/widht is not a known field; did you mean width?');
});

test.each([
  [{ colours: { cuont: 4 } }, '/colours/cuont', 'is not a known field; did you mean count?'],
  [{ colours: { region: { x: 0, y: 0, w: 1, hh: 1 } } }, '/colours/region/hh', 'is not a known field'],
  [{ elephant: 1 }, '/elephant', 'is not a known field'],
])('when %j is sent, then what was meant is looked for among the fields of that place', (fields, pointer, detail) => {
  const problem = problemOf(() => parse(ThumbnailRequest, { url: 'https://example.org/', ...fields }));
  expect(problem.errors).toContainEqual({ pointer, detail });
});

test.each([
  [{ padding: '1000' }, 'invalid_option', [{ pointer: '/padding', detail: 'must be <= 300' }]],
  [{ padding: { top: 1000 } }, 'invalid_option', [{ pointer: '/padding/top', detail: 'must be <= 300' }]],
  [{ padding: 'wide' }, 'invalid_request', [{ pointer: '/padding', detail: 'must be integer or object' }]],
  [
    { crop: { x: 0, y: 0, width: 0, height: 5 } },
    'invalid_option',
    [{ pointer: '/crop/width', detail: 'must be >= 1' }],
  ],
  [
    { crop: { x: 0, y: 0, width: 5, height: 5, q: 1 } },
    'invalid_request',
    [{ pointer: '/crop/q', detail: 'is not a known field: there are x, y, width, height' }],
  ],
  [{ position: { x: 2, y: 0 } }, 'invalid_option', [{ pointer: '/position/x', detail: 'must be <= 1' }]],
  [{ position: { x: 1 } }, 'invalid_request', [{ pointer: '/position/y', detail: 'is required' }]],
  [{ watermark: {} }, 'invalid_request', [{ pointer: '/watermark/name', detail: 'is required' }]],
  [
    { watermark: { name: 'logo', position: { x: 0, y: -1 } } },
    'invalid_option',
    [{ pointer: '/watermark/position/y', detail: 'must be >= 0' }],
  ],
  [
    { watermark: 'x'.repeat(65) },
    'invalid_option',
    [{ pointer: '/watermark', detail: 'must not have more than 64 characters' }],
  ],
  [{ watermark: [] }, 'invalid_option', [{ pointer: '/watermark', detail: 'must be string or false or object' }]],
])(
  'when %j may be one of several kinds, then %s tells what is wrong with the kind that it is: %j',
  (fields, code, errors) => {
    const problem = problemOf(() => parse(UploadFields, fields, { convert: true }));
    expect([problem.code, problem.errors]).toEqual([code, errors]);
  },
);

test('when several places are wrong, then all are named', () => {
  const problem = problemOf(() => parse(ThumbnailRequest, { width: 'wide', fit: 'stretch' }));
  expect(problem.code).toBe('invalid_request');
  expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual(['/fit', '/url', '/width']);
});

test('when only values are out of range, then it is an invalid option', () => {
  const problem = problemOf(() => parse(ThumbnailRequest, { url: 'https://example.org/', width: 0, fit: 'stretch' }));
  expect([problem.code, problem.status]).toEqual(['invalid_option', 422]);
  expect(problem.errors).toContainEqual({
    pointer: '/fit',
    detail: 'must be one of cover, contain, inside, outside, fill',
  });
});

test('when form fields are read, then texts become numbers and the given object stays as it was', () => {
  const fields = { width: '50' };
  expect(parse(UploadFields, fields, { convert: true }).width).toBe(50);
  expect(fields).toEqual({ width: '50' });
});

test.each(['0x10', '0b11', '0o7', '1_0', '1,5', '', ' ', 'Infinity', '1e', '٣'])(
  'when a number is spelt %j, then it is none',
  (text) => {
    expect(decimalOf(text)).toBeNull();
    expect(problemOf(() => parse(UploadFields, { width: text }, { convert: true })).errors).toMatchObject([
      { pointer: '/width' },
    ]);
  },
);

test.each([
  ['50', 50],
  [' 50 ', 50],
  ['5e1', 50],
  ['+50', 50],
  ['50.0', 50],
  ['.5e2', 50],
])('when a number is spelt %j, then it is %i', (text, number) => {
  expect(decimalOf(text)).toBe(number);
  expect(parse(UploadFields, { width: text }, { convert: true }).width).toBe(number);
});

test('when a JSON body has a number as text, then it is refused', () => {
  expect(problemOf(() => parse(ThumbnailRequest, { url: 'https://example.org/', width: '50' })).code).toBe(
    'invalid_request',
  );
});

test.each([[null], [[]], ['text'], [42]])('when the body is %j, then it is refused', (body) => {
  expect(problemOf(() => parse(ThumbnailRequest, body)).code).toBe('invalid_request');
});

/** A request's thumbnails: one spelling for what means the same, a problem for what means nothing. */
import { expect, test } from '@jest/globals';
import { boxIn, Problem, type RenditionsRequest, renditionsOf } from '../src/index.ts';

const usual = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' };

test.each<[RenditionsRequest, object]>([
  [{}, {}],
  [{ dpr: 1, rotate: 0, grayscale: false, trim: false, padding: 0, enlarge: true, position: 'centre' }, {}],
  [
    { width: 50, height: 30, dpr: 2, padding: 3, blur: 1 },
    { width: 100, height: 60, padding: 6, blur: 2 },
  ],
  [{ dpr: 1.5 }, { width: 150, height: 150 }],
  [{ trim: true }, { trim: 10 }],
  [{ padding: { top: 4, right: 4, bottom: 4, left: 4 } }, { padding: 4 }],
  [{ padding: { top: 4, left: 0 } }, { padding: { top: 4 } }],
  [{ fit: 'inside', enlarge: false }, { fit: 'inside' }],
  [
    { fit: 'inside', enlarge: true },
    { fit: 'inside', enlarge: true },
  ],
  [
    { format: 'jpg', background: '#ABCDEF' },
    { format: 'jpeg', background: '#abcdef' },
  ],
])('when %j is asked for, then it is %j beside the usual', (request, beside) => {
  expect(renditionsOf(request)).toEqual([{ ...usual, ...beside }]);
});

test('when there are sizes, then each is as outside of the list where it does not say otherwise', () => {
  const sizes = [{ name: 'small' }, { name: 'large', width: 800, fit: 'inside' as const }];
  expect(renditionsOf({ format: 'webp', height: 400, position: 'north', sizes })).toEqual([
    { name: 'small', width: 100, height: 400, fit: 'cover', format: 'webp', position: 'north' },
    { name: 'large', width: 800, height: 400, fit: 'inside', format: 'webp' },
  ]);
});

test.each<[RenditionsRequest, string[]]>([
  [{ position: 'north', fit: 'inside' }, ['/position', '/fit']],
  [{ position: 'attention', fit: 'contain' }, ['/position']],
  [{ crop: { x: '60%', y: 0, width: '50%', height: 10 } }, ['/crop']],
  [{ crop: { x: 0, y: 0, width: '0%', height: 10 } }, ['/crop']],
  [{ crop: { x: '100%', y: 0, width: 10, height: 10 } }, ['/crop']],
  [{ width: 1500, dpr: 2 }, ['/dpr']],
  [{ padding: { left: 101 }, dpr: 3 }, ['/dpr']],
  [{ blur: 50.1, dpr: 2 }, ['/dpr']],
  [{ watermark: { name: 'false', margin: 126 }, dpr: 4 }, ['/dpr']],
  [
    {
      padding: 100,
      sizes: [
        { name: 'a', dpr: 3 },
        { name: 'b', width: 600, dpr: 4 },
      ],
    },
    ['/sizes/1/dpr', '/sizes/1/dpr'],
  ],
  [{ max_bytes: 5000, format: 'png' }, ['/max_bytes', '/format']],
  [{ background: 'transparent', format: 'jpg' }, ['/background', '/format']],
  [{ sizes: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }, ['/sizes/2/name']],
  [{ sizes: [{ name: 'a' }, { name: 'b', fit: 'fill', position: 'east' }] }, ['/sizes/1/position', '/sizes/1/fit']],
])('when %j is asked for, then %j are named', (request, pointers) => {
  try {
    renditionsOf(request);
    throw new Error('it was taken');
  } catch (err) {
    if (!(err instanceof Problem)) throw err;
    expect([err.code, err.errors?.map(({ pointer }) => pointer)]).toEqual(['invalid_option', pointers]);
  }
});

test.each([
  [{ x: 0, y: 0, width: 1, height: 1 }, [0, 0, 1, 1]],
  [{ x: '25%', y: '50%', width: '50%', height: '50%' }, [25, 25, 50, 25]],
  [{ x: '33.3%', y: 0, width: '66.7%', height: '100%' }, [33, 0, 67, 50]],
  [{ x: '99.9%', y: 0, width: '0.1%', height: 50 }, [99, 0, 1, 50]],
  [{ x: 99, y: 49, width: 1, height: 1 }, [99, 49, 1, 1]],
  [{ x: 99, y: 49, width: 2, height: 1 }, null],
  [{ x: 100, y: 0, width: 1, height: 1 }, null],
  [{ x: 60, y: 0, width: '50%', height: 1 }, null],
] as const)('when a picture of 100 × 50 is cropped to %j, then its box is %j', (crop, expected) => {
  const box = boxIn({ width: 100, height: 50 }, crop);
  expect(box && [box.left, box.top, box.width, box.height]).toEqual(expected);
});

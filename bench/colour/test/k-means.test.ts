import { expect, test } from '@jest/globals';
import { hexFromRgb, type Pixels, type Rgb } from '@tintype/colour';
import { paint } from '../src/canvas.ts';
import { createKMeans } from '../src/k-means.ts';

test('when a picture has two colours, then k-means finds them with their shares', async () => {
  const [teal, red]: [Rgb, Rgb] = [
    [0, 128, 128],
    [200, 16, 46],
  ];
  const square: Pixels = paint(100, 20, (x) => (x < 60 ? teal : red));
  const { palette, dominant } = await createKMeans().extract({ square, sample: square });
  expect(palette.map(({ rgb, share }) => [hexFromRgb(rgb), share])).toEqual([
    [hexFromRgb(teal), 0.6],
    [hexFromRgb(red), 0.4],
  ]);
  expect(dominant).toEqual(teal);
});

/** What `cover` cuts off, against sharp's own crop of the whole picture. */
import { expect, test } from '@jest/globals';
import { renditionOf } from '@tintype/contracts';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { makePicture } from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 100, maxDecodeBytes: 2 ** 30, timeoutMs: 120_000 };

type Grey = { data: Buffer; info: { width: number; height: number } };

/** Mean difference of the samples where one picture is moved by so many pixels. */
function differenceAt(one: Grey, other: Grey, across: number, down: number): number {
  const { width, height } = one.info;
  let sum = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      sum += Math.abs((one.data[(y + down) * width + x + across] ?? 0) - (other.data[y * width + x] ?? 0));
    }
  }
  return sum / ((width - 2) * (height - 2));
}

const shifts = [-1, 0, 1].flatMap((across) => [-1, 0, 1].map((down) => [across, down] as const));

test.each([1, 2, 3, 4, 5, 6, 7, 8])('when EXIF says %i, then no crop is a pixel off sharp’s', async (orientation) => {
  const bytes = await sharp(await photograph(641, 427))
    .withMetadata({ orientation })
    .jpeg({ quality: 95 })
    .toBuffer();
  const whole = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
  for (const [width, height] of [
    [61, 97],
    [50, 75],
    [100, 64],
    [99, 99],
  ] as const) {
    const order = {
      renditions: [{ name: 'x', ...renditionOf({ width, height, format: 'jpeg', quality: 95 }) }],
      colours: null,
    };
    const theirs = await sharp(whole.data, { raw: whole.info })
      .resize({ width, height, fit: 'cover' })
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const reducer of [createJpegReducer(), null]) {
      const { renditions } = await makePicture(bytes, order, limits, { reducer });
      const ours = await sharp(renditions[0]?.bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
      const differences = shifts.map(([across, down]) => differenceAt(ours, theirs, across, down));
      expect(shifts[differences.indexOf(Math.min(...differences))]).toEqual([0, 0]);
    }
  }
});

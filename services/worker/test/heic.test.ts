/** HEIC in a worker: always in a child, under its confinement and its limits, and only where it is switched on. */
import { describe, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { heicPicture } from '@tintype/testkit';
import { order, runnerWith } from './runner-with-children.ts';

describe('when HEIC is switched on', () => {
  test('then it is made in a child, however small it is, and is the same as anywhere', async () => {
    const { made, make, limits } = runnerWith({ formats: ['heic'] });
    const { facts, renditions, colours, placeholder } = await make(heicPicture());
    const here = await makePicture(heicPicture(), order, limits);
    expect({ facts, colours, placeholder }).toEqual({
      facts: here.facts,
      colours: here.colours,
      placeholder: here.placeholder,
    });
    expect(renditions[0]?.bytes).toEqual(here.renditions[0]?.bytes);
    expect(facts).toEqual({ format: 'heic', width: 64, height: 64, hasAlpha: false });
    expect(made.inChildren).toBe(1);
  });

  test('then one that is cut off is refused before a child is made', async () => {
    const { made, make } = runnerWith({ formats: ['heic'] });
    await expect(make(heicPicture().subarray(0, -200))).rejects.toMatchObject({ code: 'corrupt_image' });
    expect(made.inChildren).toBe(0);
  });

  test('then limits of pixels hold for it', async () => {
    const { make } = runnerWith({ formats: ['heic'], maxMegapixels: 0.004 });
    await expect(make(heicPicture())).rejects.toMatchObject({ code: 'too_many_pixels' });
  });
});

test('when HEIC is not switched on, then it is refused here, and says how', async () => {
  const { made, make } = runnerWith({});
  const problem = await make(heicPicture()).catch((err) => err);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ code: 'unsupported_format', message: expect.stringContaining('FORMATS=+heic') });
  expect(made.inChildren).toBe(0);
});

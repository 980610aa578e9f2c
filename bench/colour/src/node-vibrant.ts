/** node-vibrant: median cut in RGB. */
import type { Pixels } from '@tintype/colour';
import { Vibrant } from 'node-vibrant/node';
import { type Contender, paletteAnswer } from './contender.ts';
import { withAlpha } from './rgba.ts';

/** Its own type of this does not resolve under Node's module rules. */
type Quantised = { rgb: readonly [number, number, number]; population: number };

export const nodeVibrant: Contender = {
  name: 'node-vibrant',
  note: 'the five colours of its quantiser, every pixel (quality 1); its six roles leave most of a picture out',
  extract: async ({ sample }) => {
    const vibrant = new Vibrant('decoded', { colorCount: 5, quality: 1, ImageClass: imageOf(sample) });
    await vibrant.getPalette();
    const swatches: readonly Quantised[] = vibrant.result?.colors ?? [];
    const total = swatches.reduce((sum, { population }) => sum + population, 0);
    return paletteAnswer(
      swatches.map(({ rgb: [red, green, blue], population }) => ({
        rgb: [red, green, blue],
        share: population / total,
      })),
    );
  },
};

/** It would decode the file itself: it is given the pixels. */
function imageOf(sample: Pixels) {
  const { width, height } = sample;
  let data = withAlpha(sample);
  return class DecodedImage {
    load() {
      return Promise.resolve(this);
    }
    clear() {}
    update(changed: { data: Uint8ClampedArray | Buffer }) {
      data = Uint8ClampedArray.from(changed.data);
    }
    getWidth() {
      return width;
    }
    getHeight() {
      return height;
    }
    resize() {}
    getPixelCount() {
      return width * height;
    }
    getImageData() {
      return { data, width, height };
    }
    remove() {}
    scaleDown() {}
  };
}

/** Color Thief: median cut in OKLCH. */
import type { Pixels } from '@tintype/colour';
import { getPalette } from 'colorthief';
import { type Contender, paletteAnswer } from './contender.ts';
import { withAlpha } from './rgba.ts';

export const colorThief: Contender = {
  name: 'Color Thief',
  note: 'five colours, every pixel (quality 1)',
  extract: async ({ sample }) => {
    const colours = await getPalette(Buffer.alloc(0), { colorCount: 5, quality: 1, loader: loaderOf(sample) });
    return paletteAnswer((colours ?? []).map((colour) => ({ rgb: colour.array(), share: colour.proportion })));
  },
};

/** It would decode the file itself: it is given the pixels. */
function loaderOf(sample: Pixels) {
  return { load: () => Promise.resolve({ data: withAlpha(sample), width: sample.width, height: sample.height }) };
}

/** extract-colors: counts, then joins what is near in hue, saturation and lightness. */
import { extractColorsFromImageData } from 'extract-colors';
import { type Contender, paletteAnswer } from './contender.ts';
import { withAlpha } from './rgba.ts';

export const extractColors: Contender = {
  name: 'extract-colors',
  note: 'its defaults; as many colours as it likes',
  extract: ({ sample }) => {
    const { width, height } = sample;
    const colours = extractColorsFromImageData({ data: withAlpha(sample), width, height });
    return paletteAnswer(colours.map(({ red, green, blue, area }) => ({ rgb: [red, green, blue], share: area })));
  },
};

/** Our own extraction, as the worker calls it. */
import { extractColours, rgbFromHex } from '@tintype/colour';
import type { Contender } from './contender.ts';

export const tintype: Contender = {
  name: 'Tintype',
  note: 'five swatches, the default',
  extract: ({ sample }) => {
    const { palette, dominant, background, accent } = extractColours(sample);
    return {
      palette: palette.map(({ hex, share }) => ({ rgb: rgbFromHex(hex), share })),
      dominant: dominant && rgbFromHex(dominant.hex),
      background: typeof background === 'string' || background === null ? background : rgbFromHex(background.hex),
      accent: accent && rgbFromHex(accent.hex),
      names: palette.map(({ name }) => name),
    };
  },
};

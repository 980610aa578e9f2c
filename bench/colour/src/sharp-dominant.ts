/** sharp's `stats().dominant`: the fullest of 4096 bins, as its centre. */
import sharp from 'sharp';
import type { Contender } from './contender.ts';

export const sharpDominant: Contender = {
  name: 'sharp stats().dominant',
  note: 'one colour',
  extract: async ({ sample }) => {
    const { width, height, channels } = sample;
    const { dominant } = await sharp(sample.data, { raw: { width, height, channels } }).stats();
    const rgb = [dominant.r, dominant.g, dominant.b] as const;
    return { palette: [{ rgb, share: 1 }], dominant: rgb };
  },
};

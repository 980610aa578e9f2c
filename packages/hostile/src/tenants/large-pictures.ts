/** Pictures that a greedy tenant hands in, of which nothing can be skipped. */
import { landscape, seededRandom } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';

/** Noise enlarged: cheap to make, and no decoder can skip it. */
export const noise = (width: number, height: number): Sharp => {
  const raw = landscape(64, 64, 11);
  return sharp(raw.data, { raw }).resize(width, height, { fit: 'fill', kernel: 'nearest' });
};

/** Noise of every pixel. */
export const grain = (width: number, height: number): Sharp => {
  const pixels = Buffer.alloc(width * height * 3);
  const random = seededRandom(7);
  for (let at = 0; at < pixels.length; at++) pixels[at] = random() * 256;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};

export const flat = (side: number): Sharp =>
  sharp({ create: { width: side, height: side, channels: 3, background: '#456' } });

/** Black and white. */
export const oneBit = (side: number): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 3, background: 'white' }, limitInputPixels: false })
    .toColourspace('b-w')
    .png({ palette: true, colours: 2, effort: 1 })
    .toBuffer();

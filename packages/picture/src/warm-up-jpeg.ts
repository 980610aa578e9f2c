/** A JPEG to be reduced until the code of a thread is compiled. */
import { encodeJpeg } from '@tintype/raster';
import type { Reduction } from './reduction.ts';

/** Coarse noise, with enough detail to be a picture. */
export function createWarmUpJpeg(): { bytes: Buffer; reduction: Reduction } {
  const [width, height] = [800, 600];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => ((at * 2_654_435_761) >>> 22) & 255);
  const size = { width: 133, height: 100 };
  return {
    bytes: encodeJpeg({ data, width, height, channels: 3 }, 60),
    reduction: {
      renditions: [{ whole: size, size: { width: 100, height: 100 }, around: { x: 0.5, y: 0.5 }, quality: 80 }],
      colours: { size, options: {} },
    },
  };
}

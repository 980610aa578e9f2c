/** The placeholder: a thumbhash, some twenty bytes that draw a blurred picture with its shape and transparency. */
import { rgbaToThumbHash } from 'thumbhash';
import type { Pixels } from './pixels.ts';

/** A thumbhash holds seven waves a side at most: more pixels than this only cost time. */
const maxSidePixels = 24;

/** The thumbhash of a picture, in base64. */
export function thumbhashOf(pixels: Pixels): string {
  const scale = Math.min(1, maxSidePixels / Math.max(pixels.width, pixels.height));
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  return Buffer.from(rgbaToThumbHash(width, height, averageDown(pixels, width, height))).toString('base64');
}

/** Means of boxes of pixels, as RGBA; colours weighted by alpha, so that hidden ones do not bleed. */
function averageDown({ data, width, height, channels }: Pixels, toWidth: number, toHeight: number): Uint8Array {
  const rgba = new Uint8Array(toWidth * toHeight * 4);
  for (let y = 0; y < toHeight; y += 1) {
    const top = Math.floor((y * height) / toHeight);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * height) / toHeight));
    for (let x = 0; x < toWidth; x += 1) {
      const left = Math.floor((x * width) / toWidth);
      const right = Math.max(left + 1, Math.floor(((x + 1) * width) / toWidth));
      let red = 0;
      let green = 0;
      let blue = 0;
      let alpha = 0;
      for (let v = top; v < bottom; v += 1) {
        for (let u = left; u < right; u += 1) {
          const at = (v * width + u) * channels;
          const weight = channels === 4 ? (data[at + 3] ?? 0) : 255;
          red += (data[at] ?? 0) * weight;
          green += (data[at + 1] ?? 0) * weight;
          blue += (data[at + 2] ?? 0) * weight;
          alpha += weight;
        }
      }
      const to = (y * toWidth + x) * 4;
      const weight = alpha || 1;
      rgba[to] = Math.round(red / weight);
      rgba[to + 1] = Math.round(green / weight);
      rgba[to + 2] = Math.round(blue / weight);
      rgba[to + 3] = Math.round(alpha / ((bottom - top) * (right - left)));
    }
  }
  return rgba;
}

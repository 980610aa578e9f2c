/** The placeholder: a thumbhash, some twenty bytes that draw a blurred picture with its shape and transparency. */
import { rgbaToThumbHash } from 'thumbhash';
import { channelOf } from './sample/light.ts';
import { lightStride, type Sample } from './sample/sample.ts';

/** A thumbhash holds seven waves a side at most: more pixels than this only cost time. */
const maxSidePixels = 24;

/** The thumbhash of a picture, in base64. */
export function thumbhashOf(pixels: Sample): string {
  const scale = Math.min(1, maxSidePixels / Math.max(pixels.width, pixels.height));
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  return Buffer.from(rgbaToThumbHash(width, height, averageDown(pixels, width, height))).toString('base64');
}

/** Means of boxes of pixels, as RGBA; colours weighted by alpha, so that hidden ones do not bleed. */
function averageDown(sample: Sample, toWidth: number, toHeight: number): Uint8Array {
  const { data, width, height, channels } = sample;
  const addColour = sample.light ? lightAdder(sample.light) : colourAdder(sample);
  const channelOfMean = sample.light ? channelOf : Math.round;
  const rgba = new Uint8Array(toWidth * toHeight * 4);
  const sums = new Float64Array(4);
  for (let y = 0; y < toHeight; y += 1) {
    const top = Math.floor((y * height) / toHeight);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * height) / toHeight));
    for (let x = 0; x < toWidth; x += 1) {
      const left = Math.floor((x * width) / toWidth);
      const right = Math.max(left + 1, Math.floor(((x + 1) * width) / toWidth));
      let alpha = 0;
      sums.fill(0);
      for (let v = top; v < bottom; v += 1) {
        for (let u = left; u < right; u += 1) {
          alpha += channels === 4 ? (data[(v * width + u) * channels + 3] ?? 0) : 255;
          addColour(sums, v * width + u);
        }
      }
      const to = (y * toWidth + x) * 4;
      for (let at = 0; at < 3; at += 1) rgba[to + at] = channelOfMean((sums[at] ?? 0) / (sums[3] || 1));
      rgba[to + 3] = Math.round(alpha / ((bottom - top) * (right - left)));
    }
  }
  return rgba;
}

/** Adds red, green and blue of a pixel times cover, and its cover. */
type AddColour = (sums: Float64Array, pixel: number) => void;

function colourAdder({ data, channels }: Sample): AddColour {
  return (sums, pixel) => {
    const at = pixel * channels;
    const cover = channels === 4 ? (data[at + 3] ?? 0) : 255;
    sums[0] = (sums[0] ?? 0) + (data[at] ?? 0) * cover;
    sums[1] = (sums[1] ?? 0) + (data[at + 1] ?? 0) * cover;
    sums[2] = (sums[2] ?? 0) + (data[at + 2] ?? 0) * cover;
    sums[3] = (sums[3] ?? 0) + cover;
  };
}

function lightAdder(light: Float32Array): AddColour {
  return (sums, pixel) => {
    for (let at = 0; at < lightStride; at += 1) sums[at] = (sums[at] ?? 0) + (light[pixel * lightStride + at] ?? 0);
  };
}

/** Planes of brightness and colour become a picture of the size that is wanted. */
import type { Pixels, Size } from '../pixels.ts';
import type { ComponentPlane } from './planes.ts';
import { resamplePlane, sampleBits } from './resample.ts';

export function pictureOfPlanes(planes: ComponentPlane[], size: Size): Pixels {
  const [y, cb, cr] = planes.map((plane) => resamplePlane(plane, size));
  if (!y) throw new Error('a picture without planes');
  return { data: cb && cr ? rgbOf(y, cb, cr) : rgbOfGrey(y), ...size, channels: 3 };
}

const weightBits = 14;
const bits = weightBits + sampleBits;
const half = 1 << (bits - 1);
const grey = 128 << sampleBits;

/** JFIF (ITU T.871 §7), with weights in fixed point: everything is rounded once, at the end. */
function rgbOf(y: Int16Array, cb: Int16Array, cr: Int16Array): Uint8Array {
  const rgb = new Uint8ClampedArray(y.length * 3);
  for (let pixel = 0, to = 0; pixel < y.length; pixel += 1, to += 3) {
    const brightness = ((y[pixel] ?? 0) << weightBits) + half;
    const blue = (cb[pixel] ?? 0) - grey;
    const red = (cr[pixel] ?? 0) - grey;
    rgb[to] = (brightness + 22_970 * red) >> bits;
    rgb[to + 1] = (brightness - 5_638 * blue - 11_700 * red) >> bits;
    rgb[to + 2] = (brightness + 29_032 * blue) >> bits;
  }
  return new Uint8Array(rgb.buffer);
}

function rgbOfGrey(y: Int16Array): Uint8Array {
  const rgb = new Uint8ClampedArray(y.length * 3);
  for (let pixel = 0, to = 0; pixel < y.length; pixel += 1, to += 3) {
    const brightness = ((y[pixel] ?? 0) + (1 << (sampleBits - 1))) >> sampleBits;
    rgb[to] = brightness;
    rgb[to + 1] = brightness;
    rgb[to + 2] = brightness;
  }
  return new Uint8Array(rgb.buffer);
}

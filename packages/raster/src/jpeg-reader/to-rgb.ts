/** Planes of brightness and colour become a picture of the size that is wanted. */
import type { Pixels, Size } from '../pixels.ts';
import type { ComponentPlane } from './planes.ts';
import { resamplePlane } from './resample.ts';

export function pictureOfPlanes(planes: ComponentPlane[], size: Size): Pixels {
  const [y, cb, cr] = planes.map((plane) => resamplePlane(plane, size));
  if (!y) throw new Error('a picture without planes');
  return { data: cb && cr ? rgbOf(y, cb, cr) : rgbOfGrey(y), ...size, channels: 3 };
}

/** JFIF (ITU T.871 §7), in fixed point of 16 bits. */
function rgbOf(y: Uint8ClampedArray, cb: Uint8ClampedArray, cr: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8ClampedArray(y.length * 3);
  for (let pixel = 0, to = 0; pixel < y.length; pixel += 1, to += 3) {
    const brightness = ((y[pixel] ?? 0) << 16) + 0x8000;
    const blue = (cb[pixel] ?? 0) - 128;
    const red = (cr[pixel] ?? 0) - 128;
    rgb[to] = (brightness + 91_881 * red) >> 16;
    rgb[to + 1] = (brightness - 22_554 * blue - 46_802 * red) >> 16;
    rgb[to + 2] = (brightness + 116_130 * blue) >> 16;
  }
  return new Uint8Array(rgb.buffer);
}

function rgbOfGrey(y: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(y.length * 3);
  for (let pixel = 0; pixel < y.length; pixel += 1) rgb.fill(y[pixel] ?? 0, pixel * 3, pixel * 3 + 3);
  return rgb;
}

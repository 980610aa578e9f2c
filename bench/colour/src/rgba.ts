/** Pixels in the form of a browser's canvas, which the libraries ask for. */
import type { Pixels } from '@tintype/colour';

/** Four channels; opaque if there was no alpha. */
export function withAlpha({ data, width, height, channels }: Pixels): Uint8ClampedArray {
  if (channels === 4) return new Uint8ClampedArray(data);
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from] ?? 0;
    rgba[to + 1] = data[from + 1] ?? 0;
    rgba[to + 2] = data[from + 2] ?? 0;
    rgba[to + 3] = 255;
  }
  return rgba;
}

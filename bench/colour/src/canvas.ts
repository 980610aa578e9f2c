/** Pictures painted pixel by pixel. */
import type { Pixels, Rgb } from '@tintype/colour';

/** Paints every pixel with what `colourAt` says: three channels for all of them, or four. */
export function paint(width: number, height: number, colourAt: (x: number, y: number) => readonly number[]): Pixels {
  const channels = colourAt(0, 0).length === 4 ? 4 : 3;
  const data = new Uint8ClampedArray(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * channels);
  }
  return { data: new Uint8Array(data.buffer), width, height, channels };
}

/** A copy with the colours changed; alpha, if any, stays. */
export function repaint(picture: Pixels, change: (rgb: Rgb, x: number, y: number) => Rgb): Pixels {
  const { width, height, channels } = picture;
  const data = new Uint8ClampedArray(picture.data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      data.set(change([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0], x, y), at);
    }
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

/** Raw pictures: 8-bit sRGB, upright, interleaved, with or without alpha. */

/** `data` has width × height × channels bytes. */
export type Pixels = { data: Uint8Array; width: number; height: number; channels: 3 | 4 };

/** In pixels. */
export type Size = { width: number; height: number };

export type Box = { left: number; top: number; width: number; height: number };

/** The part of the picture in the box, which must fit in. Shares memory with the picture when it is all of it. */
export function crop(pixels: Pixels, { left, top, width, height }: Box): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  const { channels } = pixels;
  const rowBytes = width * channels;
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y += 1) {
    const from = ((top + y) * pixels.width + left) * channels;
    data.set(pixels.data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { data, width, height, channels };
}

/** A point in parts of the sides. */
type Point = { x: number; y: number };

/** The part of this size that has the point in its middle as far as possible; in the middle of the picture by default. */
export function cropAround(pixels: Pixels, { width, height }: Size, { x, y }: Point = { x: 0.5, y: 0.5 }): Pixels {
  const left = startOfCut(x, pixels.width, width);
  const top = startOfCut(y, pixels.height, height);
  return crop(pixels, { left, top, width, height });
}

/** Where that part begins; of an odd margin the larger half is cut off before it, as libvips does. */
export function startOfCut(part: number, whole: number, length: number): number {
  return Math.min(Math.max(0, Math.ceil(part * whole - length / 2)), whole - length);
}

/** Whether any pixel lets something shine through. */
export function hasTransparency({ data, channels }: Pixels): boolean {
  if (channels === 3) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

/** The part of a picture that its colours are read from. */
import type { RelativeRegion } from '@tintype/contracts';
import { type Box, crop } from './pixels.ts';
import { lightStride, type Sample } from './sample/sample.ts';

/** The band that `edges` means, as a part of the shorter side. */
const edgeShare = 0.1;
/** What `centre` means, as a part of each side. */
const centreShare = 0.5;

export type RegionPixels = {
  pixels: Sample;
  /** Pixels that are outside of the region and made transparent, because the region is no rectangle. */
  hiddenPixels: number;
};

/** Cuts or hides what is not in the region; never less than one pixel is left. */
export function pixelsOfRegion(pixels: Sample, region: RelativeRegion): RegionPixels {
  if (region === 'all') return { pixels, hiddenPixels: 0 };
  if (region === 'edges') return hideInside(pixels);
  const part =
    region === 'centre'
      ? { x: (1 - centreShare) / 2, y: (1 - centreShare) / 2, w: centreShare, h: centreShare }
      : region;
  const left = Math.min(pixels.width - 1, Math.floor(part.x * pixels.width));
  const top = Math.min(pixels.height - 1, Math.floor(part.y * pixels.height));
  const width = Math.max(1, Math.min(pixels.width - left, Math.round(part.w * pixels.width)));
  const height = Math.max(1, Math.min(pixels.height - top, Math.round(part.h * pixels.height)));
  return { pixels: cropSample(pixels, { left, top, width, height }), hiddenPixels: 0 };
}

function cropSample({ light, ...pixels }: Sample, box: Box): Sample {
  const part = crop(pixels, box);
  if (!light) return part;
  const rowFloats = box.width * lightStride;
  const partLight = new Float32Array(rowFloats * box.height);
  for (let y = 0; y < box.height; y += 1) {
    const from = ((box.top + y) * pixels.width + box.left) * lightStride;
    partLight.set(light.subarray(from, from + rowFloats), y * rowFloats);
  }
  return { ...part, light: partLight };
}

function hideInside({ data, width, height, channels, light }: Sample): RegionPixels {
  const band = Math.max(1, Math.round(Math.min(width, height) * edgeShare));
  const rgba = new Uint8Array(width * height * 4);
  const rgbaLight = light?.slice();
  let hiddenPixels = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * channels;
      const to = (y * width + x) * 4;
      const inside = x >= band && y >= band && x < width - band && y < height - band;
      if (inside) hiddenPixels += 1;
      if (inside) rgbaLight?.fill(0, (y * width + x) * lightStride, (y * width + x + 1) * lightStride);
      rgba[to] = data[from] ?? 0;
      rgba[to + 1] = data[from + 1] ?? 0;
      rgba[to + 2] = data[from + 2] ?? 0;
      rgba[to + 3] = inside ? 0 : channels === 4 ? (data[from + 3] ?? 0) : 255;
    }
  }
  const hidden = { data: rgba, width, height, channels: 4 } as const;
  return { pixels: rgbaLight ? { ...hidden, light: rgbaLight } : hidden, hiddenPixels };
}

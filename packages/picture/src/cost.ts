/** What a planned picture takes of the process in which it is made, for whoever has to share that with others. */
import { type NamedRendition, type PictureOrder, sidesOf } from '@tintype/contracts';
import {
  estimateDecodeMs,
  estimateRenderBytes,
  estimateRenderMs,
  mostEncodedBytes,
  outputSize,
} from '@tintype/imaging';
import type { Size } from '@tintype/raster';
import type { PicturePlan } from './steps/plan.ts';

/** Milliseconds of one core, and bytes that are held at most. */
export type PictureCost = { ms: number; bytes: number };

/** All of it by libvips. */
export function costByLibvips(plan: PicturePlan, fileBytes: number): PictureCost {
  const { facts, order, decodeBytes, rasterSize } = plan;
  const source = { pixels: pixelsOf(facts), format: facts.format, fileBytes };
  const decodeMs = estimateDecodeMs(source, pixelsOf(rasterSize));
  return { ms: decodeMs + renderCost(plan, order.renditions).ms, bytes: decodeBytes };
}

/** What is left for libvips of a picture that is reduced without it. */
export function costOfFinish(plan: PicturePlan): PictureCost {
  const { order, reduction } = plan;
  const left = order.renditions.filter((_, at) => reduction?.renditions[at]?.quality === null);
  return renderCost(plan, left);
}

/** Of the finished thumbnails. Without the picture's facts they count as large as their boxes, and transparent. */
export function mostOutputBytes({ renditions }: PictureOrder, facts: PicturePlan['facts'] | null): number {
  return renditions.reduce((sum, box) => {
    const size = facts ? outputSize(facts, box) : mostSize(box);
    return sum + mostEncodedBytes(pixelsOf(size), box.format, facts?.hasAlpha ?? true);
  }, 0);
}

/** Without the picture's facts: its box and what is around it. */
function mostSize({ width, height, padding }: NamedRendition): Size {
  const { top, right, bottom, left } = sidesOf(padding);
  return { width: left + width + right, height: top + height + bottom };
}

/** One thumbnail is rendered after the other; those that are finished are kept, and so are the pixels of all. */
function renderCost(plan: PicturePlan, renditions: readonly NamedRendition[]): PictureCost {
  const { facts } = plan;
  let [ms, most, kept] = [0, 0, 0];
  for (const rendition of renditions) {
    const pixels = pixelsOf(outputSize(facts, rendition));
    ms += estimateRenderMs(pixels, rendition, facts.hasAlpha);
    most = Math.max(most, estimateRenderBytes(pixels, rendition, facts.hasAlpha));
    kept += mostEncodedBytes(pixels, rendition.format, facts.hasAlpha);
  }
  return { ms, bytes: most + (renditions.length > 1 ? kept : 0) };
}

function pixelsOf({ width, height }: Size): number {
  return width * height;
}

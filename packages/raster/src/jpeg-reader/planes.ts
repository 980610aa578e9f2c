/** A component's samples at a fraction of its size: one, four, nine or sixteen of each block of 64. */
import type { DetailGrid } from './detail-grid.ts';
import type { JpegComponent, JpegHeader } from './header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** Samples across and down that a block becomes. */
export type BlockSide = 1 | 2 | 3 | 4;

export type ComponentPlane = {
  component: JpegComponent;
  blockSide: BlockSide;
  /** Blocks that the data holds in a scan of this component alone. */
  blocksWide: number;
  blocksHigh: number;
  /** Samples of one row of the plane; MCUs may reach beyond the picture. */
  stride: number;
  data: Uint8ClampedArray;
  /** Where the detail of brightness is kept, if its light is wanted. */
  detail: DetailGrid | null;
  /** Size of the picture in samples of this plane; the last ones may be cut by its edge. */
  width: number;
  height: number;
};

/**
 * Grey planes of the picture's size over 8 / `leastSide`. What the file holds at half the size, colour mostly, becomes
 * twice as many samples a block, as far as there are readers for them: it keeps the resolution of brightness, as libjpeg
 * does it. Else small red things on grey are pink.
 */
export function createPlanes(header: JpegHeader, leastSide: BlockSide): ComponentPlane[] {
  const mostAcross = Math.max(...header.components.map(({ across }) => across));
  const mostDown = Math.max(...header.components.map(({ down }) => down));
  return planesOf(header, ({ across, down }) =>
    blockSideOf(Math.min(4, leastSide * Math.max(mostAcross / across, mostDown / down))),
  );
}

/** For whoever only counts blocks: one sample of each, whatever the sampling. */
export function createCountingPlanes(header: JpegHeader): ComponentPlane[] {
  return planesOf(header, () => 1);
}

function planesOf(
  { width, height, components }: JpegHeader,
  sideOf: (component: JpegComponent) => BlockSide,
): ComponentPlane[] {
  const mostAcross = Math.max(...components.map(({ across }) => across));
  const mostDown = Math.max(...components.map(({ down }) => down));
  const mcusWide = Math.ceil(width / (8 * mostAcross));
  const mcusHigh = Math.ceil(height / (8 * mostDown));
  return components.map((component) => {
    const { across, down } = component;
    const blockSide = sideOf(component);
    const samplesWide = (width * across) / mostAcross;
    const samplesHigh = (height * down) / mostDown;
    const stride = mcusWide * across * blockSide;
    return {
      component,
      blockSide,
      blocksWide: Math.ceil(Math.ceil(samplesWide) / 8),
      blocksHigh: Math.ceil(Math.ceil(samplesHigh) / 8),
      stride,
      detail: null,
      data: new Uint8ClampedArray(stride * mcusHigh * down * blockSide),
      width: (samplesWide * blockSide) / 8,
      height: (samplesHigh * blockSide) / 8,
    };
  });
}

function blockSideOf(side: number): BlockSide {
  if (side === 1 || side === 2 || side === 3 || side === 4) return side;
  throw new UnsupportedJpeg('an unusual sampling');
}

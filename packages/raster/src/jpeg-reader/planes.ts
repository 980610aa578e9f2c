/** A component's samples at a fraction of its size: one or four of each block of 64. */
import type { JpegComponent, JpegHeader } from './header.ts';

export type ComponentPlane = {
  component: JpegComponent;
  /** Samples across and down that a block becomes. */
  blockSide: 1 | 2;
  /** Blocks that the data holds in a scan of this component alone. */
  blocksWide: number;
  blocksHigh: number;
  /** Samples of one row of the plane; MCUs may reach beyond the picture. */
  stride: number;
  data: Uint8ClampedArray;
  /** Size of the picture in samples of this plane; the last ones may be cut by its edge. */
  width: number;
  height: number;
};

/** Grey planes of the picture's size over 8 / `blockSide`. */
export function createPlanes({ width, height, components }: JpegHeader, blockSide: 1 | 2): ComponentPlane[] {
  const mostAcross = Math.max(...components.map(({ across }) => across));
  const mostDown = Math.max(...components.map(({ down }) => down));
  const mcusWide = Math.ceil(width / (8 * mostAcross));
  const mcusHigh = Math.ceil(height / (8 * mostDown));
  return components.map((component) => {
    const { across, down } = component;
    const samplesWide = (width * across) / mostAcross;
    const samplesHigh = (height * down) / mostDown;
    const stride = mcusWide * across * blockSide;
    return {
      component,
      blockSide,
      blocksWide: Math.ceil(Math.ceil(samplesWide) / 8),
      blocksHigh: Math.ceil(Math.ceil(samplesHigh) / 8),
      stride,
      data: new Uint8ClampedArray(stride * mcusHigh * down * blockSide),
      width: (samplesWide * blockSide) / 8,
      height: (samplesHigh * blockSide) / 8,
    };
  });
}

/**
 * The mean of a block, from its first coefficient times its step (T.81 A.3.3, with all others left out), not clamped.
 */
export function meanOfBlock(dc: number): number {
  return ((dc + 4) >> 3) + 128;
}

/**
 * Four samples of a block: its inverse transform of 2 × 2 points, from the coefficients at zigzag 0, 1, 2 and 4 (the
 * mean, one wave across, one down, one both ways).
 */
export function putFour(
  plane: Uint8ClampedArray,
  at: number,
  stride: number,
  mean: number,
  across: number,
  down: number,
  both: number,
): void {
  const left = mean + across;
  const right = mean - across;
  const leftDown = down + both;
  const rightDown = down - both;
  plane[at] = meanOfBlock(left + leftDown);
  plane[at + 1] = meanOfBlock(right + rightDown);
  plane[at + stride] = meanOfBlock(left - leftDown);
  plane[at + stride + 1] = meanOfBlock(right - rightDown);
}

/** Smooth noise for clouds, cloth and stone. */
import type { Random } from './random.ts';

const lattice = 64;
const octaves = 4;

/** 0 … 1 at x and y 0 … 1; `scale` is how many bumps fit across the picture, each next octave has twice as many. */
export function createNoise(random: Random, scale: number): (x: number, y: number) => number {
  const values = Float32Array.from({ length: lattice * lattice }, random);
  const at = (x: number, y: number) => values[(y & (lattice - 1)) * lattice + (x & (lattice - 1))] ?? 0;
  const layer = (x: number, y: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [eased(x - left), eased(y - top)];
    const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
    const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
    return upper * (1 - v) + lower * v;
  };
  return (x, y) => {
    let sum = 0;
    for (let octave = 0; octave < octaves; octave++) {
      const zoom = scale * 2 ** octave;
      sum += layer(x * zoom + octave * 7.3, y * zoom + octave * 3.1) / 2 ** (octave + 1);
    }
    return sum / (1 - 0.5 ** octaves);
  };
}

function eased(t: number): number {
  return t * t * (3 - 2 * t);
}
